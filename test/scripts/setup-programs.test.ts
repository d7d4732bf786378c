/** What set-up says of this machine's sandbox, asked as set-up asks it, with a bwrap of the test's own. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";

const PROGRAMS = pathToFileURL("scripts/setup-programs.mjs").href;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "orch-set-up-"));
  chmodSync(dir, 0o755); // as root it is tried as nobody
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

async function hint(script: string): Promise<string> {
  writeFileSync(join(dir, "bwrap"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(dir, "bwrap"), 0o755);
  const program = `console.log((await import(${JSON.stringify(PROGRAMS)})).sandboxHint() ?? "no hint")`;
  const env = { PATH: `${dir}:/usr/bin:/bin` };
  const { stdout } = await execa(process.execPath, ["--input-type=module", "-e", program], { env, extendEnv: false });
  return stdout;
}

test("a machine that grants all namespaces gets no hint", async () => {
  expect(await hint("exit 0")).toBe("no hint");
});

test("a machine that grants a sandbox everything but a network of its own is told so", async () => {
  const said = await hint(
    'case " $* " in *" --unshare-net "*) echo "bwrap: loopback: Failed RTM_NEWADDR" >&2; exit 1 ;; esac',
  );
  expect(said).toContain("the sandbox does not work here");
  expect(said).toContain("loopback: Failed RTM_NEWADDR");
});
