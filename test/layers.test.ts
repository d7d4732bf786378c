/**
 * The architecture as a test: which folder may import which, and no files that load each other in a circle (types are
 * erased before that). A new folder with code needs its own line here first.
 */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

/** What bot and worker hosts share. */
const task = [
  "src/config.ts",
  "src/data-dir.ts",
  "src/log.ts",
  "src/refusal.ts",
  "src/until-multiple.ts",
  "src/task",
  "src/text",
  "src/reach",
  "src/settings",
];
/** What people and programs are shown of it. */
const shown = ["src/views", "src/words"];
/** The doors for other programs. */
const doors = ["src/api", "a2a"];
/** What is remembered and counted of tasks that are over. */
const past = ["src/history", "src/metrics", "src/traces", "src/routing"];
const product = [...task, ...shown, ...doors, ...past, "src", "dashboard", "workers"];

/** A layer, and the layers that it may import. Its own files are always allowed; the longest matching name is a file's layer. */
const mayImport: Record<string, readonly string[]> = {
  "src/text": [],
  "src/reach": [],
  "src/refusal.ts": [],
  "src/until-multiple.ts": [],
  "src/settings": ["src/text", "src/reach", "src/refusal.ts"],
  "src/data-dir.ts": [],
  "src/config.ts": ["src/task", "src/settings", "src/reach", "src/data-dir.ts"],
  "src/log.ts": ["src/settings", "src/task"],
  "src/task": ["src/config.ts", "src/text"],
  "src/views": ["src/task", "src/text"],
  "src/words": ["src/task", "src/text", "src/views"],
  "src/api": [...task, ...shown, "src"],
  a2a: [...task, ...shown, "src/api"],
  "src/history": ["src/log.ts", "src/until-multiple.ts", "src/task", "src/text", "src/views"],
  "src/metrics": ["src/history", "src/task", "src/text", "src/views"],
  "src/routing": ["src/history", "src/log.ts", "src/task"],
  "src/traces": ["src/log.ts", "src/task", "src/text"],
  src: [...task, ...shown, ...doors, ...past, "dashboard"],
  dashboard: [...task, ...shown, ...past, "src"],
  workers: task,
  cli: product,
  agents: [],
  simulator: [],
  demo: [...product, "cli", "simulator"],
  bench: [...product, "cli", "simulator", "demo"],
  bin: [],
  scripts: ["bin", "simulator", "workers", "src/settings"],
  test: [...product, "cli", "simulator", "demo", "bench", "bin", "scripts"],
};

type Sources = ReadonlyMap<string, string>;

function readSources(): Sources {
  const files = globSync("*/**/*.{ts,mts,js,mjs}", {
    exclude: (path) => /(^|\/)(node_modules|dist|coverage|\.[^/]+)$/.test(path),
  });
  return new Map(files.map((file) => [file, readFileSync(file, "utf8")]));
}

/** Statements at the start of a line (`import ... from "./x.ts"`, `export ... from`, `import "./x.ts"`), and `import("./x.ts")`. */
const importPattern = /(?:^(?:import|export)\b[^;"]*?|\bimport\()"(\.[^"]+)"/gm;

function importsOf(file: string, text: string, kind: "all" | "at run time"): string[] {
  return [...text.matchAll(importPattern)]
    .filter(([statement]) => kind === "all" || !/^(import|export) type\b/.test(statement))
    .map(([, specifier]) => normalize(join(dirname(file), String(specifier))));
}

function layerOf(path: string): string | undefined {
  return Object.keys(mayImport)
    .filter((layer) => path === layer || path.startsWith(`${layer}/`))
    .sort((one, other) => other.length - one.length)[0];
}

function violations(files: Sources): string[] {
  const found: string[] = [];
  for (const [file, text] of files) {
    const from = layerOf(file);
    if (!from) found.push(`${file} is in no layer`);
    for (const target of from ? importsOf(file, text, "all") : []) {
      const to = layerOf(target);
      const allowed = to === from || (to !== undefined && from !== undefined && mayImport[from]?.includes(to));
      if (!allowed && target !== "package.json") found.push(`${file} -> ${target}`);
    }
  }
  return found;
}

/** Each circle once, as the files on it. Depth first: a file that is met again while it is still open closes a circle. */
function cycles(files: Sources): string[] {
  const found: string[] = [];
  const closed = new Set<string>();
  const open: string[] = [];
  const visit = (file: string): void => {
    if (closed.has(file)) return;
    const start = open.indexOf(file);
    if (start >= 0) {
      found.push([...open.slice(start), file].join(" -> "));
      return;
    }
    open.push(file);
    for (const target of importsOf(file, files.get(file) ?? "", "at run time")) visit(target);
    open.pop();
    closed.add(file);
  };
  for (const file of files.keys()) visit(file);
  return found;
}

const sources = readSources();

test("every import goes from a layer to one that it may use", () => {
  expect(sources.size).toBeGreaterThan(20);
  expect(violations(sources)).toEqual([]);
});

test("no files load each other in a circle", () => {
  expect(cycles(sources)).toEqual([]);
});

test("the rule notices the bot importing the worker host, a folder without a line, and a circle", () => {
  const bad = new Map([
    ["src/app.ts", 'import { run } from "../workers/run.ts";'],
    ["src/task/task.ts", 'import type { App } from "../app.ts";'],
    ["workers/run.ts", 'import { settle } from "../src/settle.ts";\nimport { key } from "../src/task/keys.ts";'],
    ["simulator/main.ts", 'const config = await import("../src/config.ts");'],
    ["helpers/text.ts", ""],
  ]);
  expect(violations(bad)).toEqual([
    "src/app.ts -> workers/run.ts",
    "src/task/task.ts -> src/app.ts",
    "workers/run.ts -> src/settle.ts",
    "simulator/main.ts -> src/config.ts",
    "helpers/text.ts is in no layer",
  ]);
  const circle = new Map([
    ["src/a.ts", 'export { b } from "./b.ts";'],
    ["src/b.ts", 'import "./c.ts";'],
    ["src/c.ts", 'import { a } from "./a.ts";'],
    ["src/d.ts", 'import type { E } from "./e.ts";'],
    ["src/e.ts", 'import { d } from "./d.ts";'],
  ]);
  expect(cycles(circle)).toEqual(["src/a.ts -> src/b.ts -> src/c.ts -> src/a.ts"]);
});
