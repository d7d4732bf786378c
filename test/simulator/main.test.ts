/** `npm run simulator` as a person runs it: options, what it prints, and what a failed start leaves behind. */
import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect, onTestFinished, test } from "vitest";
import { compileCache } from "../support/compile-cache.ts";
import { startProgram } from "../support/program.ts";
import { simulator, temporaryFolder } from "./support/setting.ts";

const MAIN = fileURLToPath(new URL("../../simulator/main.ts", import.meta.url));

/** Runs it to its end, which a failed start must come to by itself. */
async function failing(...args: string[]) {
  const TMPDIR = await temporaryFolder();
  const { exitCode, stderr } = await execa(process.execPath, [MAIN, ...args], {
    env: { TMPDIR, ...compileCache },
    reject: false,
  });
  return { exitCode, stderr, left: await readdir(TMPDIR) };
}

test.each(["foo", "a/b/c", "/b", "a/", "a b/c"])("--repository %s is refused in a sentence", async (repository) => {
  expect(await failing("--repository", repository)).toEqual({
    exitCode: 1,
    stderr: `simulator: --repository must be owner/name, not ${repository}`,
    left: [],
  });
});

test("a start that fails half-way ends, and leaves nothing in the temporary folder", async () => {
  const { port } = await simulator();
  const taken = await failing("--port", String(port));
  expect(taken).toEqual({ exitCode: 1, stderr: expect.stringContaining("EADDRINUSE"), left: [] });
  const unfit = await failing("--repository", "octo-org/sample.git");
  expect(unfit).toEqual({ exitCode: 1, stderr: expect.stringContaining("bad repository name"), left: [] });
});

test("what differs from GitHub's description is printed, also by a quiet one", async () => {
  const env = { PATH: process.env.PATH ?? "", ...compileCache, TMPDIR: await temporaryFolder() };
  const args = ["--quiet", "--repository", "octo-org/sample"];
  const program = await startProgram(MAIN, env, /token of maintainer/, args);
  onTestFinished(async () => void (await program.stop()));
  const [, url] = /^url +(\S+)/m.exec(program.log()) ?? [];
  const [, token] = /^token of maintainer: (\S+)/m.exec(program.log()) ?? [];
  await fetch(`${url}/repos/octo-org/sample/issues`, {
    method: "POST",
    headers: { authorization: `token ${token}` },
    body: JSON.stringify({ title: "x", tittle: "misspelled" }),
  });
  expect(await program.logged(/tittle/)).toMatch(/^! GitHub's schema: POST .*\/tittle is not a known field$/);
  expect(await program.stop()).toBe(0);
  expect(await readdir(env.TMPDIR)).toEqual([]);
});
