/** The proxy's process as its host starts, knows and ends it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, renameSync, statSync } from "node:fs";
import { appendFile, chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { ask, watch } from "../../../workers/network/ask-proxy.ts";
import { CONTROL_DIR, CONTROL_SOCKET, outletFiles } from "../../../workers/network/outlet-files.ts";
import { makeFolders } from "../../../workers/network/outlet-folders.ts";
import { isOurs, startProxy } from "../../../workers/network/proxy-process.ts";
import { runProgram } from "../../../workers/run-program.ts";
import { readProcess, signal } from "../../../workers/sandbox/processes.ts";
import { proxyUid, slotUsers } from "../../../workers/sandbox/slot-users.ts";
import { ownBaseUid } from "../../support/own-uids.ts";
import { AS_ROOT } from "../support/machine.ts";

const ROOT = join(import.meta.dirname, "../../..");
const uid = proxyUid(await slotUsers(1, process.getuid?.() ?? -1, ownBaseUid));
const env = { PATH: "/usr/bin:/bin" };

let dir: string;
let said: string;
const log = pino(
  { level: "trace" },
  {
    write(line: string) {
      said += line;
    },
  },
);
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "orch-p-"));
  await chmod(dir, 0o711);
  said = "";
});
afterEach(async () => {
  for (const pid of proxies()) signal(pid, "SIGKILL");
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
});

/** The proxies of this test's folder, started by whomever. */
function proxies(): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && readProcess(Number(name)));
  return pids.filter((pid) => textOf(`/proc/${pid}/cmdline`).includes(`main.ts\0${dir}\0`)).map(Number);
}

/** Empty for a process that has gone meanwhile. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

async function started(): Promise<number> {
  await startProxy(dir, "me", uid);
  const [pid = 0] = proxies();
  return pid;
}

test("what the proxy is started with is for it alone: its log begins anew, and both files are the host's", async () => {
  signal(await started(), "SIGKILL");
  for (const name of ["proxy.log", "pid"]) expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
  await expect.poll(proxies).toEqual([]);
  await writeFile(join(dir, "proxy.log"), "of an earlier one");
  const pid = await started();
  expect(readFileSync(join(dir, "proxy.log"), "utf8")).toBe("");
  expect(readFileSync(join(dir, "pid"), "utf8")).toBe(`${pid} ${readProcess(pid)?.start}\n`);
  const open = readdirSync("/proc/self/fd").map((fd) => linkOf(`/proc/self/fd/${fd}`));
  expect(open).not.toContain(join(dir, "proxy.log"));
});

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ""; // the folder's own, which is closed by now
  }
}

test("the proxy is in a session of its own, so that what ends its host's does not end it", async () => {
  const pid = await started();
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ");
  expect([fields?.[2], fields?.[3]]).toEqual([String(pid), String(pid)]); // process group, session
});

test("its environment is made from nothing, with the resolver's number of threads, and its heap has a bound", async () => {
  vi.stubEnv("NODE_COMPILE_CACHE", undefined);
  const pid = await started();
  expect(textOf(`/proc/${pid}/cmdline`)).toContain("\0--max-old-space-size=256\0");
  const names = textOf(`/proc/${pid}/environ`).split("\0").filter(Boolean);
  expect(names).toContain("PATH=/usr/bin:/bin");
  expect(names).toContain("UV_THREADPOOL_SIZE=128"); // the resolver may use half of them: 16 sandboxes, 4 each
  expect(names.filter((each) => !/^(PATH|MALLOC_\w+|UV_THREADPOOL_SIZE)=/.test(each))).toEqual([]);
});

test("what it has compiled is kept for the next one, while it may still write there", async () => {
  const cache = join(dir, "cache");
  mkdirSync(cache, { mode: 0o700 });
  vi.stubEnv("NODE_COMPILE_CACHE", cache);
  await started();
  const [folder = ""] = readdirSync(cache);
  expect(readdirSync(join(cache, folder)).length).toBeGreaterThan(5);
});

test.runIf(AS_ROOT)("it keeps none of its host's groups", async () => {
  const before = process.getgroups?.() ?? [];
  process.setgroups?.([4, 20]);
  onTestFinished(() => process.setgroups?.(before));
  expect(textOf(`/proc/${await started()}/status`)).toMatch(/^Groups:\s*$/m);
});

test("one that ends as it starts is told with the last that it has said, and not more than that", async () => {
  makeFolders(dir, uid);
  // What it cannot read it complains of, and goes on; where it cannot listen it ends.
  for (let number = 0; number < 10; number++) {
    const { state, policy } = outletFiles(dir, `broken-${number}`);
    mkdirSync(state, { recursive: true });
    await writeFile(policy, "no policy");
  }
  await mkdir(join(dir, CONTROL_SOCKET));
  const failed = await startProxy(dir, "me", uid).catch((error: Error) => error.message);
  expect(failed).toMatch(/^the network proxy ended at once: .*control\/s/s);
  expect(failed).not.toContain("Node.js");
  expect(failed?.length).toBeLessThan(1_100);
  expect(textOf(join(dir, "proxy.log")).length).toBeGreaterThan(2_000);
});

test("one that does not come up in time is ended", async () => {
  makeFolders(dir, uid);
  const { state, policy } = outletFiles(dir, "task-1");
  mkdirSync(state, { recursive: true });
  await runProgram({ file: "mkfifo", args: [policy], env, timeoutMs: 10_000 }); // it waits for somebody to write
  await expect(startProxy(dir, "me", uid, 1_000)).rejects.toThrow("does not come up within 1 s");
  await expect.poll(proxies).toEqual([]);
});

test("a program that has started one, and has nothing else to do, ends", async () => {
  const network = JSON.stringify(join(ROOT, "workers/network/network.ts"));
  const script = `
    import { openNetwork } from ${network};
    import { pino } from "pino";
    await openNetwork({ dir: ${JSON.stringify(dir)}, uid: ${uid}, log: pino({ level: "silent" }) });
  `;
  const args = ["--input-type=module", "-e", script];
  expect(await runProgram({ file: process.execPath, args, cwd: ROOT, env, timeoutMs: 20_000 })).toMatchObject({
    exitCode: 0,
  });
});

test("one that has no outlet ends as soon as its host has gone", async () => {
  await started();
  const { end } = await watch(dir);
  end();
  await expect.poll(proxies, { timeout: 1_500 }).toEqual([]); // it looks around every two seconds, and now
});

/** Whether the proxy that is there is kept, as somebody of this identity sees it. */
const ours = (identity: string) => isOurs(dir, identity, log);

test("one of other code is told to retire, and the log says why there is a new one", async () => {
  const pid = await started();
  const { ended } = await watch(dir);
  expect(await ours("me")).toBe(true);
  expect(said).toBe("");
  expect(await ours("other")).toBe(false);
  expect(said).toContain("it keeps what is connected, a new one takes over");
  expect(readProcess(pid)).toBeDefined();
  await ended;
});

test("where there is none, or none any more, nothing hangs: nobody is ended and nothing told", async () => {
  const bystander = await standBy();
  expect(await ours("me")).toBe(false);
  signal(await started(), "SIGKILL");
  // Its socket is still there, and is nobody's once the last of its threads has gone.
  await expect.poll(() => ask(dir, "GET", "outlets").catch(({ code }) => code)).toBe("ECONNREFUSED");
  await writeFile(join(dir, "pid"), `${bystander.pid} ${readProcess(bystander.pid ?? 0)?.start}\n`);
  expect(await ours("me")).toBe(false);
  await rm(join(dir, CONTROL_SOCKET));
  expect(await ours("me")).toBe(false);
  expect(said).toBe("");
  expect(readProcess(bystander.pid ?? 0)).toBeDefined();
});

async function standBy(): Promise<ChildProcess> {
  const bystander = spawn("/bin/sleep", ["1000"]);
  await once(bystander, "spawn");
  onTestFinished(() => void bystander.kill("SIGKILL"));
  return bystander;
}

test("one that gives no sense is ended, if it is still the process that was started, and the log says so", async () => {
  const server = createServer((_, response) => void response.end("?"));
  mkdirSync(join(dir, CONTROL_DIR));
  server.listen(join(dir, CONTROL_SOCKET));
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const bystander = await standBy();
  const { start } = readProcess(bystander.pid ?? 0) ?? {};
  // Nobody can be told by these: none there, nothing in it, half of it, and a number that is another process's by now.
  for (const text of [undefined, "", "\n", `${bystander.pid}\n`, `${bystander.pid} 1\n`, `x ${start}\n`]) {
    if (text !== undefined) await writeFile(join(dir, "pid"), text);
    expect(await ours("me")).toBe(false);
    expect(readProcess(bystander.pid ?? 0)).toBeDefined();
  }
  const ended = once(bystander, "exit");
  await writeFile(join(dir, "pid"), `${bystander.pid} ${start}\n`);
  expect(await ours("me")).toBe(false);
  await ended;
  expect(said).toContain("the network proxy does not answer: ending it");
});

test("it is known by all code that it judges by, by Orch's and Node's version, and by its user", async () => {
  const copy = mkdtempSync(join(tmpdir(), "orch-copy-"));
  onTestFinished(() => rm(copy, { recursive: true }));
  for (const name of ["workers", "src", "package.json"])
    cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(copy, "node_modules"));
  const identity = async (first = "") => {
    const program = JSON.stringify(join(copy, "workers/network/proxy-process.ts"));
    const script = `${first}; const { identityOf } = await import(${program}); console.log(identityOf(1), identityOf(2))`;
    const args = ["--input-type=module", "-e", script];
    const { stdout } = await runProgram({ file: process.execPath, args, env, timeoutMs: 20_000 });
    expect(stdout).toMatch(/^[0-9a-f]{16} [0-9a-f]{16}\n$/);
    return stdout.trim().split(" ");
  };
  const first = await identity();
  expect(await identity()).toEqual(first);
  const seen = new Set(first);
  expect(seen.size).toBe(2);
  const isNew = async (how?: string) => {
    for (const each of await identity(how)) {
      expect(seen).not.toContain(each);
      seen.add(each);
    }
  };
  await isNew('Object.defineProperty(process, "version", { value: "v0.0.0" })');
  await appendFile(join(copy, "workers/network/judge.ts"), "\n");
  await isNew();
  await appendFile(join(copy, "src/reach/address.ts"), "\n");
  await isNew();
  renameSync(join(copy, "src/reach/read-allow.ts"), join(copy, "src/reach/allow2.ts"));
  await isNew();
  const file = join(copy, "package.json");
  await writeFile(file, readFileSync(file, "utf8").replace(/"version": "/, '"version": "9'));
  await isNew();
});
