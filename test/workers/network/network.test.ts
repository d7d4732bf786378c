/** The proxy as the process that it is: outlets, what it writes down, and how it outlives the host that started it. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, request as httpRequest, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Network, openNetwork } from "../../../workers/network/network.ts";
import { CONTROL_DIR, CONTROL_SOCKET, OUTLETS_DIR, outletFiles } from "../../../workers/network/outlet-files.ts";
import type { Policy } from "../../../workers/network/policy.ts";
import { runProgram } from "../../../workers/run-program.ts";
import { readProcess, signal } from "../../../workers/sandbox/processes.ts";
import { proxyUid, slotUsers } from "../../../workers/sandbox/slot-users.ts";
import { ownBaseUid } from "../../support/own-uids.ts";
import { AS_ROOT } from "../support/machine.ts";

const log = pino({ level: "silent" });
const users = await slotUsers(2, process.getuid?.() ?? -1, ownBaseUid);
const user = users[0] ?? { slot: 0 };
const uid = proxyUid(users);

let dir: string;
let networks: Network[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "orch-n-"));
  await chmod(dir, 0o711);
  networks = [];
});
afterEach(async () => {
  for (const network of networks) network.release();
  signal(pidOf(), "SIGKILL");
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
});

const pidOf = () => Number(readFileSync(join(dir, "pid"), "utf8").split(" ")[0]);

async function open(): Promise<Network> {
  const network = await openNetwork({ dir, uid, log });
  networks.push(network);
  return network;
}

const policyFor = (ports: number[], bytes = 1e12): Policy => ({
  egress: "open",
  rules: [{ whose: "operator", egress: "open" }],
  private: ports.map((port) => ({ address: "127.0.0.1", port })),
  never: [],
  limits: { connections: 20, bytes },
});

async function serve(text: string): Promise<number> {
  const server = createServer((_request, response) => void response.end(text)).listen(0, "127.0.0.1");
  await once(server, "listening");
  server.unref();
  return (server.address() as AddressInfo).port;
}

async function get(id: string, url: string): Promise<{ status: number | undefined; text: string }> {
  const request = httpRequest({ socketPath: outletFiles(dir, id).socket, path: url, agent: false }).end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return { status: response.statusCode, text };
}

/** A server that says back what it hears, and a tunnel to it. */
async function openTunnel(id: string): Promise<{ port: number; connectNow: () => Promise<Socket> }> {
  const server = createTcpServer((socket) => void socket.pipe(socket).on("error", () => undefined)).listen(
    0,
    "127.0.0.1",
  );
  await once(server, "listening");
  server.unref();
  const { port } = server.address() as AddressInfo;
  const connectNow = async () => {
    const request = httpRequest({
      socketPath: outletFiles(dir, id).socket,
      method: "CONNECT",
      path: `127.0.0.1:${port}`,
      agent: false,
    }).end();
    const [, socket] = (await once(request, "connect")) as [IncomingMessage, Socket];
    return socket;
  };
  return { port, connectNow };
}

async function echo(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [chunk] = (await once(socket, "data")) as [Buffer];
  return chunk.toString();
}

test("an outlet listens once it is open, goes by its policy, and says what came of it when it is closed", async () => {
  const network = await open();
  const port = await serve("public enough");
  const out = network.place("task-1", user);
  expect(readdirSync(out)).toEqual([]);
  await network.open("task-1", policyFor([port]), 60_000);
  expect(await get("task-1", `http://127.0.0.1:${port}/`)).toEqual({ status: 200, text: "public enough" });
  expect((await get("task-1", "http://10.0.0.1/")).status).toBe(403);
  expect((await get("task-1", "http://10.0.0.1/again")).status).toBe(403);
  expect(network.report("task-1").places).toEqual([{ host: "10.0.0.1", port: 80, why: "it is a private address" }]);
  // From the next connection on another policy holds.
  await network.open("task-1", policyFor([]), 60_000);
  expect((await get("task-1", `http://127.0.0.1:${port}/`)).status).toBe(403);
  const report = await network.close("task-1");
  expect(report).toMatchObject({ blocked: 3 });
  expect(report.places).toHaveLength(2);
  expect(report.bytes).toBeGreaterThanOrEqual("public enough".length);
  expect(existsSync(outletFiles(dir, "task-1").dir)).toBe(false);
  expect(await network.close("task-1")).toEqual({ bytes: 0, blocked: 0, places: [] });
});

test("two outlets do not see each other's policy, and what one has spent is not the other's", async () => {
  const network = await open();
  const port = await serve("x".repeat(10_000));
  for (const [id, policy] of [
    ["a", policyFor([port], 5_000)],
    ["b", policyFor([port])],
    ["c", policyFor([])],
  ] as const) {
    network.place(id, user);
    await network.open(id, policy, 60_000);
  }
  await get("a", `http://127.0.0.1:${port}/`).catch(() => undefined); // cut in the middle
  expect((await get("a", `http://127.0.0.1:${port}/`)).status).toBe(403);
  expect((await get("b", `http://127.0.0.1:${port}/`)).status).toBe(200);
  expect((await get("c", `http://127.0.0.1:${port}/`)).status).toBe(403);
});

test.runIf(AS_ROOT)(
  "the proxy runs as a user of its own, and only the slot's user gets to the slot's socket",
  async () => {
    const network = await open();
    network.place("task-1", user);
    await network.open("task-1", policyFor([]), 60_000);
    const status = readFileSync(`/proc/${pidOf()}/status`, "utf8");
    expect(status).toMatch(new RegExp(`^Uid:\\t${uid}\\t${uid}\\t${uid}\\t${uid}$`, "m"));
    expect(status).toMatch(/^CapPrm:\t0+$/m);
    expect(status).toMatch(new RegExp(`^Gid:\\t${uid}\\t${uid}\\t${uid}\\t${uid}$`, "m"));
    expect(status).toMatch(/^Groups:\s*$/m);
    const { out, socket, state } = outletFiles(dir, "task-1");
    expect(statSync(out)).toMatchObject({ uid, gid: user.gid });
    expect([statSync(out).mode & 0o7777, statSync(socket).mode & 0o777]).toEqual([0o2710, 0o660]);
    expect(statSync(socket).gid).toBe(user.gid);
    expect([statSync(state).uid, statSync(state).mode & 0o777]).toEqual([uid, 0o700]);
    expect(statSync(join(dir, CONTROL_SOCKET)).mode & 0o777).toBe(0o600);
    // Others than host and proxy pass through the outlets' folder without seeing who has one, and not through the other.
    const owned = (path: string) => [statSync(path).uid, statSync(path).gid, statSync(path).mode & 0o777];
    expect(owned(join(dir, OUTLETS_DIR))).toEqual([0, uid, 0o751]);
    expect(owned(join(dir, CONTROL_DIR))).toEqual([uid, uid, 0o700]);
  },
);

test("a host that goes and comes back finds the same proxy, and no connection was cut", async () => {
  const first = await open();
  first.place("task-1", user);
  const { port, connectNow } = await openTunnel("task-1");
  await first.open("task-1", policyFor([port]), 60_000);
  const socket = await connectNow();
  expect(await echo(socket, "before")).toBe("before");
  const pid = pidOf();
  first.release();
  const second = await open();
  expect(pidOf()).toBe(pid);
  expect(await echo(socket, "after")).toBe("after");
  await second.open("task-1", policyFor([port]), 60_000);
  expect(await echo(socket, "and on")).toBe("and on");
  const closed = once(socket.resume(), "close");
  await second.close("task-1");
  await closed;
});

test("a proxy that is killed is started again at once, with its outlets, policies and counts", async () => {
  const network = await open();
  const port = await serve("there again");
  network.place("task-1", user);
  await network.open("task-1", policyFor([port], 40_000), 60_000);
  expect((await get("task-1", "http://10.0.0.1/")).status).toBe(403);
  const pid = pidOf();
  signal(pid, "SIGKILL");
  await expect.poll(() => pidOf(), { timeout: 20_000 }).not.toBe(pid);
  expect(await get("task-1", `http://127.0.0.1:${port}/`)).toEqual({ status: 200, text: "there again" });
  expect((await get("task-1", "http://10.0.0.1/")).status).toBe(403);
  const { places } = await network.close("task-1");
  expect(places).toHaveLength(1);
});

test("a proxy of another version keeps what is connected, and a new one takes the next connections", async () => {
  const network = await open();
  network.place("task-1", user);
  const { port, connectNow } = await openTunnel("task-1");
  await network.open("task-1", policyFor([port]), 60_000);
  const old = pidOf();
  const before = await connectNow();
  expect(await echo(before, "before")).toBe("before");
  network.release();
  const after = await openNetwork({ dir, uid, log, identity: "another version" });
  networks.push(after);
  expect(pidOf()).not.toBe(old);
  expect(await echo(before, "goes on")).toBe("goes on");
  const next = await connectNow();
  expect(await echo(next, "by the new one")).toBe("by the new one");
  before.destroy();
  await expect.poll(() => readProcess(old), { timeout: 20_000 }).toBeUndefined();
  expect(await echo(next, "still")).toBe("still");
  await after.close("task-1");
});

test("a proxy that hangs is ended, and one that nobody needs ends by itself", async () => {
  const network = await open();
  const pid = pidOf();
  network.release();
  await expect.poll(() => readProcess(pid), { timeout: 20_000 }).toBeUndefined();
  const earlier = await open();
  const hung = pidOf();
  signal(hung, "SIGSTOP");
  earlier.release(); // a host that is still there would start a proxy of its own at the same time
  await open();
  expect(readProcess(hung)).toBeUndefined();
  expect(pidOf()).not.toBe(hung);
}, 60_000);

test("after a restart of the host the outlets of runs that are over are closed", async () => {
  const network = await open();
  for (const id of ["kept", "over"]) {
    network.place(id, user);
    await network.open(id, policyFor([]), 60_000);
  }
  await network.closeOthers(new Set(["kept"]));
  expect(existsSync(outletFiles(dir, "over").dir)).toBe(false);
  expect((await get("kept", "http://10.0.0.1/")).status).toBe(403);
});

test("what the proxy has written is taken for hostile: no link is followed, and broken lines are left out", async () => {
  const network = await open();
  network.place("task-1", user);
  const { state, blocked } = outletFiles(dir, "task-1");
  await writeFile(blocked, 'broken\n{"host":"a","port":-1,"why":""}\n{"host":"a","port":1,"why":"w"}\n');
  await writeFile(join(state, "counts-1.json"), '{"bytes":"many"}');
  expect(network.report("task-1")).toEqual({ bytes: 0, blocked: 1, places: [{ host: "a", port: 1, why: "w" }] });
  expect(() => network.place("../escape", user)).toThrow("not the id of an outlet");
});

test("nothing that a proxy puts in the place of its files holds the host up or ends it", async () => {
  const network = await open();
  network.place("task-1", user);
  const { state, blocked } = outletFiles(dir, "task-1");
  const args = [join(state, "counts-1.json"), blocked];
  await runProgram({ file: "mkfifo", args, env: { PATH: "/usr/bin:/bin" }, timeoutMs: 10_000 });
  const writers = args.map((path) => openSync(path, "r+")); // with somebody who could write, reading would wait or fail
  mkdirSync(join(state, "counts-2.json"));
  const socket = createTcpServer().listen(join(state, "counts-3.json"));
  await once(socket, "listening");
  for (const number of [4, 5]) await writeFile(join(state, `counts-${number}.json`), '{"bytes":1e308,"blocked":1e308}');
  await writeFile(join(state, "counts-6.json"), '{"bytes":7,"blocked":0}');
  expect(network.report("task-1")).toEqual({ bytes: 7, blocked: 0, places: [] });
  for (const writer of writers) closeSync(writer);
  socket.close();
  await rm(blocked);
  await writeFile(blocked, '{"host":"a","port":1,"why":"w"}\n'.repeat(7_000));
  expect(network.report("task-1").places).toHaveLength(50);
  expect(await network.close("task-1")).toMatchObject({ bytes: 7 });
});

test("an outlet that was half taken away when its host was killed does not keep the others closed", async () => {
  const first = await open();
  const port = await serve("fine");
  for (const id of ["half", "broken", "whole"]) {
    first.place(id, user);
    await first.open(id, policyFor([port]), 60_000);
  }
  first.release();
  await rm(outletFiles(dir, "half").out, { recursive: true });
  await writeFile(outletFiles(dir, "broken").policy, "");
  await writeFile(join(outletFiles(dir, "whole").state, "counts-1.json"), ""); // the machine lost its power
  first.place("unopened", user);
  const pid = pidOf();
  signal(pid, "SIGKILL");
  await expect.poll(() => readProcess(pid)).toBeUndefined();
  const second = await open();
  expect(await get("whole", `http://127.0.0.1:${port}/`)).toEqual({ status: 200, text: "fine" });
  const complaints = readFileSync(join(dir, "proxy.log"), "utf8");
  expect([complaints.includes("half"), complaints.includes("unopened")]).toEqual([true, false]);
  await second.closeOthers(new Set(["whole"]));
  expect(readdirSync(join(dir, "outlets"))).toEqual(["whole"]);
});

test("an outlet that is opened twice at the same time is one", async () => {
  const network = await open();
  const id = basename(dir).toLowerCase(); // the kernel lists those of other proxies too, each relative to its folder
  network.place(id, user);
  // In one breath, so that neither can have been opened before the other is read.
  const spec = JSON.stringify({ policy: policyFor([]), until: Date.now() + 60_000 });
  const put = `PUT /outlets/${id} HTTP/1.1\r\nhost: x\r\ncontent-length: ${spec.length}\r\n`;
  const socket = connect(join(dir, CONTROL_SOCKET));
  socket.write(`${put}\r\n${spec}${put}connection: close\r\n\r\n${spec}`);
  await once(socket.resume(), "close");
  const sockets = readFileSync("/proc/net/unix", "utf8").split("\n");
  expect(sockets.filter((line) => line.endsWith(` outlets/${id}/out/proxy.sock`))).toHaveLength(1);
  await network.close(id);
});

test("a folder that somebody took away is made anew with the next proxy", async () => {
  const network = await open();
  await rm(join(dir, "control"), { recursive: true });
  const pid = pidOf();
  await expect.poll(() => readProcess(pid), { timeout: 20_000 }).toBeUndefined();
  network.place("task-1", user);
  await network.open("task-1", policyFor([]), 60_000);
  expect((await get("task-1", "http://10.0.0.1/")).status).toBe(403);
});

/** The proxy's program by itself, without a host, on a machine of which something is short. */
async function startAlone(errors: "ignore" | number, files?: number): Promise<void> {
  const program = join(import.meta.dirname, "../../../workers/network/main.ts");
  const limit = files === undefined ? [] : ["prlimit", `--nofile=${files}:${files}`];
  const [file = "", ...args] = [...limit, process.execPath, program, dir, "alone"];
  const child = spawn(file, args, { stdio: ["ignore", "pipe", errors] });
  await once(child.stdout as Readable, "data");
  await writeFile(join(dir, "pid"), `${child.pid} ${readProcess(child.pid ?? 0)?.start}\n`);
}

function placeAlone(id: string, policy: Policy): void {
  const { out, state, policy: file } = outletFiles(dir, id);
  for (const folder of [out, state, join(dir, "control")]) mkdirSync(folder, { recursive: true });
  writeFileSync(file, JSON.stringify({ policy, until: Date.now() + 60_000 }));
}

test("where nothing can be written, be it counts or what goes wrong, every connection goes on", async () => {
  const port = await serve("fine");
  placeAlone("task-1", policyFor([port]));
  await startAlone(openSync("/dev/full", "w"));
  const { state, blocked } = outletFiles(dir, "task-1");
  await rm(blocked);
  for (const path of [blocked, join(state, `counts-${pidOf()}.json.new`)]) mkdirSync(path);
  for (let number = 0; number < 3; number++) expect((await get("task-1", `http://10.0.0.${number}/`)).status).toBe(403);
  await delay(2_500); // counts are written every two seconds
  expect(await get("task-1", `http://127.0.0.1:${port}/`)).toEqual({ status: 200, text: "fine" });
});

test("one sandbox cannot take all the descriptors that the proxy may have", async () => {
  const port = await serve("fine");
  const policy = { ...policyFor([port]), limits: { connections: 4_096, bytes: 1e12 } };
  for (const id of ["greedy", "other"]) placeAlone(id, policy);
  await startAlone("ignore", 256);
  const { socket } = outletFiles(dir, "greedy");
  const taken = Array.from({ length: 400 }, () => connect(socket).on("error", () => undefined));
  let closed = 0;
  for (const each of taken) {
    each.resume().once("close", () => {
      closed += 1;
    });
    each.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\n\r\n`);
  }
  await expect.poll(() => closed).toBe(400 - 256 / 8 / 2); // an eighth of them, two for a connection
  expect(await get("other", `http://127.0.0.1:${port}/`)).toEqual({ status: 200, text: "fine" });
  for (const each of taken) each.destroy();
});

async function statusOf(method: string, path: string, body = ""): Promise<number | undefined> {
  const socketPath = join(dir, CONTROL_SOCKET);
  const [response] = await once(httpRequest({ socketPath, method, path, agent: false }).end(body), "response");
  return (response as IncomingMessage).resume().statusCode;
}

test("control requests that are none are refused, and leave the outlets as they are", async () => {
  const network = await open();
  network.place("task-1", user);
  await network.open("task-1", policyFor([]), 60_000);
  for (const method of ["PUT", "DELETE"]) {
    for (const id of ["..%2f..%2fescape", "", "."])
      expect([method, id, await statusOf(method, `/outlets/${id}`, "{}")]).toEqual([method, id, 404]);
  }
  expect([await statusOf("POST", "/outlets/task-1"), await statusOf("GET", "/else/task-1")]).toEqual([404, 404]);
  expect(await statusOf("GET", "/outlets/task-1")).toBe(200); // the list
  expect((await get("task-1", "http://10.0.0.1/")).status).toBe(403);
});

test.runIf(AS_ROOT)(
  "a proxy that is to be another user takes the outlets of the last one over, with what they have told",
  async () => {
    const network = await open();
    const port = await serve("still reached");
    network.place("task-1", user);
    await network.open("task-1", policyFor([port]), 60_000);
    expect((await get("task-1", "http://10.0.0.1/")).status).toBe(403);
    const before = pidOf();
    network.release();
    const other = await openNetwork({ dir, uid: (uid ?? 0) - 1, log });
    networks.push(other);
    expect(pidOf()).not.toBe(before);
    expect(await get("task-1", `http://127.0.0.1:${port}/`)).toEqual({ status: 200, text: "still reached" });
    other.place("task-1", user);
    expect((await get("task-1", "http://10.0.0.2/")).status).toBe(403);
    expect((await other.close("task-1")).places).toHaveLength(2);
  },
);

test("a folder whose path is too long for its socket is told as a setting, not tried", async () => {
  await open();
  await expect(openNetwork({ dir: join(dir, "x".repeat(100)), log })).rejects.toThrow(/ORCH_DATA is too long/);
});

async function killProxy(): Promise<void> {
  const pid = pidOf();
  signal(pid, "SIGKILL");
  await expect.poll(() => pidOf(), { timeout: 20_000 }).not.toBe(pid);
}

test("what a sandbox has transferred counts over all lives of the proxy, killed or replaced", async () => {
  const network = await open();
  const port = await serve("x".repeat(10_000));
  const get10k = (id: string) => get(id, `http://127.0.0.1:${port}/`).catch(() => undefined);
  for (const id of ["killed", "replaced"]) {
    network.place(id, user);
    await network.open(id, policyFor([port], 15_000), 60_000);
  }
  await get10k("killed");
  await expect.poll(() => network.report("killed").bytes, { timeout: 20_000 }).toBeGreaterThanOrEqual(10_000);
  await killProxy();
  await get10k("killed"); // cut in the middle
  expect(await get10k("killed")).toMatchObject({ status: 403, text: expect.stringContaining("used up") });
  expect((await network.close("killed")).bytes).toBeGreaterThanOrEqual(15_000);
  await get10k("replaced");
  network.release();
  const after = await openNetwork({ dir, uid, log, identity: "another version" });
  networks.push(after);
  await get10k("replaced");
  expect(await get10k("replaced")).toMatchObject({ status: 403, text: expect.stringContaining("used up") });
});

test("a policy that changes holds from the next connection on, its limits as well, also after the proxy was killed", async () => {
  const network = await open();
  network.place("task-1", user);
  const { port, connectNow } = await openTunnel("task-1");
  const policy = policyFor([port]);
  await network.open("task-1", { ...policy, limits: { ...policy.limits, connections: 1 } }, 60_000);
  const socket = await connectNow();
  await expect(get("task-1", "http://10.0.0.1/")).rejects.toThrow(/hang up|ECONNRESET|EPIPE/);
  await network.open("task-1", policy, 60_000);
  expect((await get("task-1", "http://10.0.0.1/")).status).toBe(403);
  socket.destroy();
  await network.open("task-1", policyFor([]), 60_000);
  await killProxy();
  expect((await get("task-1", `http://127.0.0.1:${port}/`)).status).toBe(403);
});

test("of many different places the first are told and all are counted, and a file that cannot be written costs no answer", async () => {
  const network = await open();
  network.place("task-1", user);
  await network.open("task-1", policyFor([]), 60_000);
  for (let last = 1; last <= 60; last++) expect((await get("task-1", `http://10.0.0.${last}/`)).status).toBe(403);
  const { blocked } = outletFiles(dir, "task-1");
  const { places } = network.report("task-1");
  expect(places).toHaveLength(50);
  expect(await network.close("task-1")).toMatchObject({ blocked: 60, places });
  network.place("task-2", user);
  await mkdir(outletFiles(dir, "task-2").dir, { recursive: true });
  await network.open("task-2", policyFor([]), 60_000);
  const other = blocked.replace("task-1", "task-2");
  await rm(other);
  await mkdir(other);
  expect((await get("task-2", "http://10.0.0.1/")).status).toBe(403);
});

test("an outlet ends by itself when no sandbox can be there any more, and is not opened again by a new proxy", async () => {
  const first = await open();
  first.place("short", user);
  await first.open("short", policyFor([]), 1);
  await expect.poll(() => existsSync(outletFiles(dir, "short").socket), { timeout: 20_000 }).toBe(false);
  const pid = pidOf();
  first.release();
  await expect.poll(() => readProcess(pid), { timeout: 20_000 }).toBeUndefined();
  // Its policy is still there, and so is one that holds.
  first.place("long", user);
  await writeFile(
    outletFiles(dir, "long").policy,
    JSON.stringify({ policy: policyFor([]), until: Date.now() + 60_000 }),
    { mode: 0o644 },
  );
  await open();
  expect(existsSync(outletFiles(dir, "long").socket)).toBe(true);
  expect(existsSync(outletFiles(dir, "short").socket)).toBe(false);
});

test("a policy that is longer than any is refused in words, to the host and in the log", async () => {
  const network = await open();
  network.place("task-1", user);
  const endless = policyFor(Array.from({ length: 40_000 }, (_, index) => 1 + index));
  await expect(network.open("task-1", endless, 60_000)).rejects.toThrow(/more than 1000000 bytes/);
  expect(readFileSync(join(dir, "proxy.log"), "utf8")).toContain("more than 1000000 bytes");
});

test("the proxy knows nothing of the host's environment, and the host follows no link that the proxy has laid", async () => {
  process.env.ORCH_TEST_SECRET = "s3cret";
  try {
    const network = await open();
    expect(readFileSync(`/proc/${pidOf()}/environ`, "utf8")).not.toContain("s3cret");
    network.place("task-1", user);
    const elsewhere = join(dir, "elsewhere");
    await writeFile(elsewhere, '{"host":"a","port":1,"why":"w"}\n');
    await symlink(elsewhere, outletFiles(dir, "task-1").blocked);
    expect(network.report("task-1").places).toEqual([]);
  } finally {
    delete process.env.ORCH_TEST_SECRET;
  }
});

test("an outlet that was closed is opened again with the policy that it had", async () => {
  const network = await open();
  for (let life = 0; life < 2; life++) {
    network.place("task-1", user);
    await network.open("task-1", policyFor([]), 60_000);
    expect((await get("task-1", "http://10.0.0.1/")).status).toBe(403);
    expect(await network.close("task-1")).toMatchObject({ blocked: 1 });
  }
});

test("an outlet whose folder the host has taken away is closed, with all that is connected", async () => {
  const network = await open();
  network.place("task-1", user);
  const { port, connectNow } = await openTunnel("task-1");
  await network.open("task-1", policyFor([port]), 60_000);
  const closed = once((await connectNow()).resume(), "close");
  await rm(outletFiles(dir, "task-1").dir, { recursive: true });
  await closed;
});

test("a proxy that no host can find again ends, and one that is replaced keeps its connections for as long as they last", async () => {
  const network = await open();
  const lost = pidOf();
  await rm(join(dir, CONTROL_SOCKET));
  await expect.poll(() => pidOf(), { timeout: 20_000 }).not.toBe(lost);
  expect(readProcess(lost)).toBeUndefined();
  network.place("task-1", user);
  const { port, connectNow } = await openTunnel("task-1");
  await network.open("task-1", policyFor([port]), 60_000);
  const old = pidOf();
  const socket = await connectNow();
  const after = await openNetwork({ dir, uid, log, identity: "another version" });
  networks.push(after);
  // With its last watcher gone it looks at once whether anybody needs it.
  network.release();
  expect(await echo(socket, "goes on")).toBe("goes on");
  expect(await echo(socket, "and on")).toBe("and on");
  const closed = once(socket.resume(), "close");
  socket.destroy();
  await closed;
  await expect.poll(() => readProcess(old), { timeout: 20_000 }).toBeUndefined();
});

test("who has the number of a proxy that hung and ended is not taken for it", async () => {
  const network = await open();
  network.release();
  const hung = pidOf();
  const bystander = spawn("/bin/sleep", ["1000"]);
  await once(bystander, "spawn");
  try {
    signal(hung, "SIGSTOP");
    await writeFile(join(dir, "pid"), `${bystander.pid} 1\n`);
    await open();
    expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
    expect(readProcess(bystander.pid ?? 0)?.name).toBe("sleep");
  } finally {
    bystander.kill("SIGKILL");
    signal(hung, "SIGKILL");
  }
}, 60_000);
