/** Who is started by `npm run` ends with npm, however npm ends; and is not told twice to stop. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

const MODULE = new URL("../../scripts/end-with-npm.mjs", import.meta.url).href;

let dir: string;
let told: string;
let npm: ChildProcess;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "orch-npm-"));
  told = join(dir, "told");
  writeFileSync(join(dir, "package.json"), JSON.stringify({ scripts: { go: "node program.mjs" } }));
});
afterEach(() => {
  npm.kill("SIGKILL");
  rmSync(dir, { recursive: true, force: true });
});

const read = () => readFileSync(told, { encoding: "utf8", flag: "a+" });
const hasSaid = (words: string) => vi.waitUntil(() => read().includes(words), { timeout: 20_000, interval: 20 });

/** A program that notes what it is told, and ends at its second signal or after `lingerMs`. */
async function start(lingerMs: number): Promise<number> {
  const program = [
    `import { appendFileSync } from "node:fs";`,
    `import { endWithNpm } from ${JSON.stringify(MODULE)};`,
    `endWithNpm();`,
    `const say = (text) => appendFileSync(${JSON.stringify(told)}, text + "\\n");`,
    `for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => { say(name); setTimeout(() => { say("end"); process.exit(); }, ${lingerMs}); });`,
    `setInterval(() => {}, 60_000);`,
    `say("pid " + process.pid + ".");`,
  ];
  writeFileSync(join(dir, "program.mjs"), program.join("\n"));
  npm = spawn("npm", ["run", "--silent", "go"], { cwd: dir, stdio: "ignore" });
  await hasSaid(".");
  return Number(/pid (\d+)/.exec(read())?.[1]);
}

test.each(["SIGTERM", "SIGKILL"] as const)("a program is asked to stop when its npm ends by %s", async (signal) => {
  await start(0);
  const ended = once(npm, "exit");
  npm.kill(signal);
  await hasSaid("SIGTERM\nend");
  await ended;
});

test("who is stopping already is not told again when npm goes first", async () => {
  const pid = await start(1_500); // longer than it takes to notice
  process.kill(pid, "SIGINT");
  await hasSaid("SIGINT");
  npm.kill("SIGKILL");
  await hasSaid("end");
  expect(read()).toBe(`pid ${pid}.\nSIGINT\nend\n`);
});
