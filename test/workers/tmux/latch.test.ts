import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { latched } from "../../../workers/tmux/latch.ts";

/** Each is some machine's /bin/sh; Debian has both. */
describe.each(["dash", "bash"])("a latch with %s for its shell", (shell) => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "orch-latch-"));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  function run(word: string, command: string[], env: Record<string, string>) {
    const [, ...args] = latched(command);
    writeFileSync(join(dir, "go"), word);
    const [said, go] = [openSync(join(dir, "latch"), "a"), openSync(join(dir, "go"), "r")];
    const stdio = ["ignore", "pipe", "pipe", "ignore", "ignore", "ignore", said, go] as const;
    const done = spawnSync(`/bin/${shell}`, args, { argv0: "sh", env, stdio: [...stdio], encoding: "utf8" });
    for (const descriptor of [said, go]) closeSync(descriptor);
    return { status: done.status, stdout: done.stdout, said: readFileSync(join(dir, "latch"), "utf8") };
  }

  test("lets its program begin with exactly the environment that was given", () => {
    const done = run("go\n", ["/usr/bin/env"], { PATH: "/usr/bin", word: "mine" });
    expect({ ...done, stdout: done.stdout.trim().split("\n").sort() }).toEqual({
      status: 0,
      stdout: ["PATH=/usr/bin", "word=mine"],
      said: "begun\n",
    });
  });

  test("gives its program's exit code, and the usual one where there is no such program", () => {
    expect(run("go\n", ["/bin/sh", "-c", "exit 9"], {}).status).toBe(9);
    expect(run("go\n", ["/nowhere"], {}).status).toBe(127);
  });

  test("says that nothing began where no word comes", () => {
    expect(run("", ["/usr/bin/env"], {})).toEqual({ status: 1, stdout: "", said: "left\n" });
  });
});
