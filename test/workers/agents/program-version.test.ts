/** Programs as npm installs them, in folders of the test's own. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { programVersion } from "../../../workers/agents/program-version.ts";

let dir: string;
let bin: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "orch-version-"));
  bin = join(dir, "bin");
  mkdirSync(bin);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Its program, linked to from where programs are looked for. */
function install(name: string, text: string): void {
  const folder = join(dir, "lib", "node_modules", name);
  mkdirSync(join(folder, "bundle", "out"), { recursive: true });
  writeFileSync(join(folder, "package.json"), text);
  writeFileSync(join(folder, "bundle", "out", "main.js"), "");
  symlinkSync(join(folder, "bundle", "out", "main.js"), join(bin, name));
}

const of = (program: string, kind: "gemini" | "claude" = "gemini") => programVersion({ kind, command: [program] }, bin);

test("is that of the package to which the program belongs, by its name and by its path", () => {
  install("gemini", JSON.stringify({ version: "0.9.1\n\u001b[2J", bin: { gemini: "bundle/out/main.js" } }));
  expect(of("gemini")).toMatch(/^0\.9\.1/);
  expect(of("gemini")).not.toContain("\u001b");
  expect(of(join(bin, "gemini"))).toBe(of("gemini"));
});

test("is not known of a program without a package, of a package without programs, and of one that cannot be read", () => {
  writeFileSync(join(bin, "alone"), "");
  install("library", JSON.stringify({ version: "1.0.0" }));
  install("torn", '{"version": "1.0.0", "bin"');
  install("huge", JSON.stringify({ version: "1.0.0", bin: "x", more: "x".repeat(300_000) }));
  for (const name of ["alone", "library", "torn", "huge", "nowhere"]) expect(of(name), name).toBeUndefined();
});

test("is left to a program that says it by itself", () => {
  expect(of("gemini", "claude")).toBeUndefined();
});
