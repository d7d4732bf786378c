/**
 * Draws docs/demo.svg and docs/demo-team.svg, or the one that is named (`demo`, `team`): runs the demo and paints what it printed, as a
 * terminal would show it. The pictures in the README are always real runs. Written by hand because the usual recorders need a browser or a terminal of their own.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
type Picture = { file: string; program: string; command: string; shows: string };
const PICTURES: Readonly<Record<string, Picture>> = {
  demo: {
    ...{ file: "docs/demo.svg", program: "demo/demo.ts", command: "npm run demo" },
    shows: "a comment becomes a draft pull request",
  },
  team: {
    ...{ file: "docs/demo-team.svg", program: "demo/team.ts", command: "npm run demo:team" },
    shows: "a team makes one pull request of one request",
  },
};
const COLUMNS = 132;
const LINE_HEIGHT = 19;
const CHARACTER_WIDTH = 8.05;
const PADDING = 20;
const TITLE_BAR = 36;

const COLORS: readonly [RegExp, string][] = [
  [/^\s*[\d.]+ s {2}GitHub/, "#d2a8ff"],
  [/^\s*[\d.]+ s {2}bot/, "#7ee7e0"],
  [/^\s*[\d.]+ s {2}worker/, "#79b8ff"],
  [/^\s*[\d.]+ s {2}agent/, "#ffd580"],
  [/^ {2}-[^-]/, "#ff7b72"],
  [/^ {2}\+[^+]/, "#7ee787"],
  [/^(Outcome|Pull request|Tests after|Network)/, "#7ee787"],
];

async function printedBy(program: string): Promise<string[]> {
  const demo = spawn(process.execPath, [program], { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  demo.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const [code] = await once(demo, "exit");
  if (code !== 0) throw new Error(`the demo ended with ${code}: there is nothing to draw`);
  return text.trimEnd().split("\n");
}

function draw(lines: readonly string[], { command, shows }: Picture): string {
  const width = Math.ceil(COLUMNS * CHARACTER_WIDTH + 2 * PADDING);
  const height = TITLE_BAR + lines.length * LINE_HEIGHT + 2 * PADDING;
  const rows = lines.map((line, index) => {
    const y = TITLE_BAR + PADDING + (index + 0.8) * LINE_HEIGHT;
    const color = COLORS.find(([pattern]) => pattern.test(line))?.[1] ?? "#c9d1d9";
    // Without it browsers make one space of many; inherited from a group, some do so all the same.
    return `<text xml:space="preserve" x="${PADDING}" y="${y.toFixed(1)}" fill="${color}">${escapeXml(shorten(line))}</text>`;
  });
  const dots = ["#ff5f57", "#febc2e", "#28c840"].map(
    (color, index) => `<circle cx="${24 + index * 20}" cy="18" r="6" fill="${color}"/>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${command}: ${shows}">`,
    `<rect width="${width}" height="${height}" rx="10" fill="#0d1117"/>`,
    ...dots,
    `<text x="${width / 2}" y="23" fill="#8b949e" text-anchor="middle" font-family="sans-serif" font-size="13">${command}</text>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13.4">`,
    ...rows,
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

function shorten(line: string): string {
  return line.length > COLUMNS ? `${line.slice(0, COLUMNS - 1)}…` : line;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

const [named = ""] = process.argv.slice(2);
for (const picture of PICTURES[named] ? [PICTURES[named]] : Object.values(PICTURES)) {
  const lines = await printedBy(picture.program);
  writeFileSync(join(ROOT, picture.file), draw(lines, picture));
  process.stdout.write(`${picture.file}: ${lines.length} lines of a real run\n`);
}
