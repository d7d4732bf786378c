import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { programFiles } from "../../cli/program-files.ts";

/** Makes nothing but a count of how often it ran, and the two files. */
const BUNDLER = `
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
const [outDir] = process.argv.slice(2);
for (const folder of ["src", "workers"]) {
  mkdirSync(outDir + "/" + folder, { recursive: true });
  writeFileSync(outDir + "/" + folder + "/main.mjs", "");
}
appendFileSync(import.meta.dirname + "/../runs", "x");
`;

let root: string;
let said: string[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "orch-programs-test-"));
  said = [];
  for (const name of [
    "src/main.ts",
    "src/text/word.ts",
    "workers/main.ts",
    "dashboard/page.ts",
    "a2a/door.ts",
    "node_modules/.package-lock.json",
  ])
    write(name, "");
  write("scripts/bundle.ts", BUNDLER);
});
afterEach(() => rmSync(root, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const files = (more: { ending?: string; asSources?: boolean } = {}) =>
  programFiles({ root, ending: "ts", asSources: false, ...more, say: (text) => said.push(text) });
const runs = () => readFileSync(join(root, "runs"), "utf8").length;
const made = (name: string) => join(root, "node_modules/.cache/orch-programs", name);

test("both programs are made into files once, and that serves later starts as well", async () => {
  const first = files();
  expect(await Promise.all([first.of("src/main"), first.of("workers/main")])).toEqual([
    made("src/main.mjs"),
    made("workers/main.mjs"),
  ]);
  expect(await files().of("src/main")).toBe(made("src/main.mjs"));
  expect(runs()).toBe(1);
  expect(said).toEqual([]);
});

test.each([
  ["a source has changed", () => write("src/text/word.ts", "export {};")],
  ["the dashboard has changed", () => write("dashboard/page.ts", "export {};")],
  ["what answers other programs has changed", () => write("a2a/door.ts", "export {};")],
  ["a source has gone", () => rmSync(join(root, "src/text/word.ts"))],
  ["npm has changed a library", () => write("node_modules/.package-lock.json", "{}")],
  [
    "older sources were unpacked over those that there were",
    () => utimesSync(write("workers/main.ts", "export {};"), new Date(0), new Date(0)),
  ],
])("the files are made anew when %s", async (_, change) => {
  const all = files();
  await all.of("src/main");
  change();
  await all.of("src/main");
  await all.of("workers/main");
  expect(runs()).toBe(2);
});

test("where the files cannot be made the sources run, and the reason is told", async () => {
  write("scripts/bundle.ts", 'throw new Error("no bundler here");');
  expect(await files().of("workers/main")).toBe(join(root, "workers/main.ts"));
  expect(said).toEqual([expect.stringContaining("no bundler here")]);
});

test("nothing is made where the sources change all the time, and where Orch was built", async () => {
  expect(await files({ asSources: true }).of("src/main")).toBe(join(root, "src/main.ts"));
  expect(await files({ ending: "js" }).of("src/main")).toBe(join(root, "src/main.js"));
  expect(runs).toThrow("ENOENT");
});
