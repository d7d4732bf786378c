import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findOwnAgent } from "../../demo/agents.ts";

let dir: string;
let file: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "orch-own-agent-"));
  file = join(dir, "orch.yml");
  const agents = ["one", "two"].map((name) => `  ${name}: { kind: plain, command: [sh] }`);
  writeFileSync(file, ["agents:", ...agents, "defaultAgent: one"].join("\n"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test("an agent of the operator's file is found", () => {
  expect(findOwnAgent("two", file)).toBe(file);
});

test("a mistyped agent is answered with the names there are", () => {
  expect(() => findOwnAgent("tow", file)).toThrow(`There is no agent "tow" in ${file}. It defines: one, two`);
});

test("the demo's own agent may be named, too", () => {
  expect(findOwnAgent("scripted", undefined)).toBeUndefined();
  expect(findOwnAgent("scripted", file)).toBeUndefined();
});

test("without an operator's file the whole command is shown", () => {
  expect(() => findOwnAgent("two", undefined)).toThrow(/ORCH_CONFIG=\S+ npm run demo -- --agent two/);
});
