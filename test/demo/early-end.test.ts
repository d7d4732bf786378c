/** The demo as a person mistypes it: a plain reason, and nothing left in the temporary folder. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { compileCache } from "../support/compile-cache.ts";

const DEMO = fileURLToPath(new URL("../../demo/demo.ts", import.meta.url));

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "orch-early-"));
  chmodSync(dir, 0o755); // the sandbox is tried out in it, as a slot's user
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test.each([
  ["no operator's file", undefined, "needs the YAML file in which this agent is defined"],
  [
    "an agent whose program ends the worker host at its start",
    // It would show the agent the demo's own data.
    () => `agents: { nope: { kind: plain, command: [sh], readable: [${dir}] } }`,
    "under readable would show the agent Orch's own data",
  ],
])("with %s", (_what, text, reason) => {
  const file = join(dir, "orch.yml");
  if (text) writeFileSync(file, text());
  const { status, stderr } = spawnSync(process.execPath, [DEMO, "--agent", "nope"], {
    env: {
      PATH: process.env.PATH,
      ...compileCache,
      HOME: dir,
      TMPDIR: dir,
      ...(text ? { ORCH_CONFIG: file } : {}),
    } as NodeJS.ProcessEnv,
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([1, expect.stringContaining(reason)]);
  expect(readdirSync(dir).filter((name) => name.startsWith("orch-demo-"))).toEqual([]);
});
