/** The shell that starts servers and becomes the agent's program, run for real. */
import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withServers } from "../../../../workers/run/step/start-servers.ts";
import { BESIDE } from "../../../../workers/tmux/step-files.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "orch-servers-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const PATH = "/usr/local/bin:/usr/bin:/bin";
type One = { name: string; command: string[]; prints?: string; port?: number; seconds: number };

function run(servers: One[], program: string, env: Record<string, string> = {}) {
  const [command = "", ...words] = withServers(["/bin/sh", "-c", program], {
    ...{ servers, logs: join(dir, "logs"), env: { PATH, MARK: "it's" } },
  });
  const file = join(dir, "output");
  const output = openSync(file, "a");
  const stdio = ["pipe" as const, "pipe" as const, "pipe" as const, "ignore" as const, "ignore" as const, output];
  expect(stdio).toHaveLength(BESIDE + 1);
  const { status, stdout } = spawnSync(command, words, {
    env: { PATH, ...env },
    input: "asked",
    stdio,
    encoding: "utf8",
  });
  closeSync(output);
  return { status, stdout, printed: readFileSync(file, "utf8") };
}

const sh = (name: string, script: string, more: Partial<One> = {}): One => ({
  ...{ name, command: ["sh", "-c", script], prints: "up", seconds: 10, ...more },
});

test("the program gets its own input, output and environment, and cannot write where servers do", () => {
  const program = `cat; echo " $KEY"; (echo forged >&${BESIDE}) 2>/dev/null; env | cut -d= -f1 | sort | tr '\\n' ' '`;
  const { status, stdout, printed } = run([sh("web", 'echo "$MARK,$KEY"; echo up')], program, { KEY: "secret" });
  expect({ status, stdout }).toEqual({ status: 0, stdout: "asked secret\nKEY PATH PWD " });
  expect(printed).toMatch(/^\[web\] it's,\n\[web\] up\n/);
  expect(printed).not.toContain("forged");
});

test("servers come up one after the other, and what they print can be read in the folder", () => {
  const first = sh("store", "sleep 0.3; echo up");
  const second = sh("web", `cat ${join(dir, "logs/store.log")}; echo up`);
  expect(run([first, second], `cat ${join(dir, "logs/web.log")}`).stdout).toMatch(
    /^up\n(\[ended with exit code 0\]\n)?up\n/,
  );
});

test("without its server the program does not begin, and one line of the host's says why", () => {
  const { status, stdout, printed } = run([sh("web", "echo 'orch: all is well'; exit 3")], "echo began");
  expect({ status, stdout }).toEqual({ status: 125, stdout: "" });
  expect(printed.match(/^orch: .*/gm)).toEqual(["orch: The server `web` ended before it was ready."]);
  const late = run([sh("web", "sleep 5", { seconds: 1, prints: `it's "up"` })], "echo began");
  expect(late.printed).toContain('orch: The server `web` was not ready within 1 s: it is to print "it\'s "up"".\n');
});

test("all that a server printed stands before the line that says that it ended, however slowly it is written", () => {
  mkdirSync(join(dir, "bin"));
  writeFileSync(join(dir, "bin/sed"), '#!/bin/sh\nsleep 0.5\nexec /bin/sed "$@"\n', { mode: 0o755 });
  const { printed } = run([sh("web", "echo the last; exit 4")], "echo began", { PATH: `${join(dir, "bin")}:${PATH}` });
  expect(printed).toMatch(
    /\[web\] the last\n\[web\] \[ended with exit code 4\]\norch: The server `web` ended before it was ready\.\n$/,
  );
});

test("a server whose first program ends and leaves the server running is waited for", () => {
  const { stdout } = run([sh("web", "(sleep 0.5; echo up; sleep 1) & exit 0")], "echo began");
  expect(stdout).toBe("began\n");
});

test("a port that somebody listens on already is not taken for the server's", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => taken.once("listening", resolve));
  const address = taken.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const { printed } = run([{ name: "web", command: ["true"], port, seconds: 1 }], "echo began");
  taken.close();
  expect(printed).toBe(`orch: The port ${port} of the server \`web\` is taken already.\n`);
});
