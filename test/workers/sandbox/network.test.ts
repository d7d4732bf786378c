/** A sandbox's network from inside: nothing without an outlet; with one, the bridge to the proxy and nothing besides. */
import { once } from "node:events";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BRIDGE_PORT, forwarded, PROXY_VARIABLES } from "../../../workers/network/bridge.ts";
import type { Network } from "../../../workers/network/network.ts";
import type { Policy } from "../../../workers/network/policy.ts";
import { runProgram } from "../../../workers/run-program.ts";
import type { OutletMount } from "../../../workers/sandbox/confinement.ts";
import { NETWORK_PROBES, probeNetwork } from "../../../workers/sandbox/network-probes.ts";
import { descendants } from "../../../workers/sandbox/processes.ts";
import { type Machine, openMachine } from "../support/machine.ts";

let machine: Machine;
let network: Network;
const server = createServer((_request, response) => void response.end("from outside\n"));
let port: number;

beforeAll(async () => {
  machine = await openMachine();
  network = machine.network as Network;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  server.close().closeAllConnections();
  await machine.close();
});

const policy = (listed: number[], connections = 50): Policy => ({
  egress: "open",
  rules: [{ whose: "operator", egress: "open" }],
  private: listed.map((each) => ({ address: "127.0.0.1", port: each })),
  never: [],
  limits: { connections, bytes: 1e9 },
});

let count = 0;
async function openOutlet(listed: number[], forward: number[] = []): Promise<{ id: string; outlet: OutletMount }> {
  const id = `outlet-${++count}`;
  const dir = network.place(id, machine.users[0] ?? { slot: 0 });
  await network.open(id, policy(listed), 60_000);
  return {
    id,
    outlet: { dir, forward: forward.map((each) => ({ address: "127.0.0.1", port: each })), connections: 50 },
  };
}

async function inside(script: string, outlet?: OutletMount) {
  const confined = {
    user: machine.users[0] ?? { slot: 0 },
    cwd: machine.workspace,
    env: { PATH: "/usr/bin:/bin", ...PROXY_VARIABLES },
    mounts: [{ source: machine.workspace, writable: true }],
    ...(outlet && { outlet }),
  };
  const [file = "", ...args] = machine.driver.wrap(confined, ["/bin/sh", "-c", script]);
  return runProgram({ file, args, env: confined.env, timeoutMs: 20_000 });
}

/** By the proxy that the environment names, as any program would. */
const get = (url: string) =>
  `printf 'GET ${url} HTTP/1.0\\r\\n\\r\\n' | socat -t 10 STDIO "TCP4:\${http_proxy#http://},shut-none"`;

describe("without an outlet", () => {
  test("there is a loopback of its own and nothing else: no route, no neighbour, no name server", async () => {
    const { stdout } = await inside(
      "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '; tail -n +2 /proc/net/route; grep -c . /proc/net/unix; getent hosts example.com || echo unknown",
    );
    expect(stdout).toBe("lo\n1\nunknown\n");
  });

  test("its ports are its own, also such as the machine has taken", async () => {
    // Its first word comes when it listens; where it cannot, there is none.
    const { stdout } = await inside(
      `mkfifo /tmp/heard; tcpserver -1 -H -R -l0 127.0.0.1 ${port} true > /tmp/heard & head -n 1 /tmp/heard; kill $!`,
    );
    expect(stdout).toBe(`${port}\n`);
  });

  test("nothing listens for a proxy, and no process is there for one", async () => {
    const { stdout } = await inside(
      `socat -u OPEN:/dev/null TCP4:127.0.0.1:${BRIDGE_PORT} 2>&1 | grep -o refused; ls /run/orch`,
    );
    expect(stdout).toBe("refused\nsh\n");
  });
});

describe("with an outlet", () => {
  test("what is listed is reached through the proxy that the environment names, and the rest is a 403", async () => {
    const { id, outlet } = await openOutlet([port]);
    const { stdout } = await inside(
      `${get(`http://127.0.0.1:${port}/`)}; ${get(`http://127.0.0.1:${port + 1}/`)}`,
      outlet,
    );
    expect(stdout).toContain("from outside\n");
    expect(stdout).toContain("HTTP/1.1 403 Blocked by Orch");
    expect(await network.close(id)).toMatchObject({ blocked: 1 });
  });

  test("a listed address of the host's loopback is there under the same address, for programs that ask no proxy", async () => {
    const { outlet } = await openOutlet([port], [port]);
    const { stdout } = await inside(
      `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | socat -t 10 STDIO TCP4:127.0.0.1:${port},shut-none`,
      outlet,
    );
    expect(stdout).toContain("from outside\n");
  });

  test("the program finds the bridge listening from its first moment, sixty connections at once included", async () => {
    const { outlet } = await openOutlet([port]);
    const { stdout } = await inside(
      `for i in $(seq 60); do (${get(`http://127.0.0.1:${port}/`)}) >>$HOME/answers & done; wait; grep -c 'from outside' $HOME/answers`.replaceAll(
        "$HOME",
        machine.workspace,
      ),
      outlet,
    );
    expect(stdout).toBe("60\n");
  });

  test("the outlet's folder cannot be listed or changed, and the bridge has nothing of the step's wrapper", async () => {
    const { outlet } = await openOutlet([]);
    const { stdout } = await inside(
      "ls /run/orch/network 2>&1 | grep -o denied; rm /run/orch/network/proxy.sock 2>&1 | grep -o Read-only; " +
        "for pid in /proc/[0-9]*; do grep -q tcpserver $pid/comm && ls $pid/fd | tr '\\n' ' '; done",
      outlet,
    );
    const lines = stdout.split("\n");
    const descriptors = (lines.at(-1) ?? "").trim().split(" ").map(Number);
    expect(lines.slice(0, -1)).toEqual(machine.users[0]?.uid === undefined ? ["Read-only"] : ["denied", "Read-only"]);
    // 3 is where it listens; 6 and 7 would be the latch's.
    expect(descriptors).toContain(3);
    expect(descriptors.filter((descriptor) => descriptor > 3 && descriptor < 10)).toEqual([]);
  });

  test("another slot's user does not get to the socket, and an outlet that is not open yet is told as no connection", async () => {
    const id = `outlet-${++count}`;
    const dir = network.place(id, machine.users[0] ?? { slot: 0 });
    const waiting = { dir, forward: [], connections: 50 };
    expect((await inside(`${get("http://127.0.0.1/")}; echo over`, waiting)).stdout).toBe("over\n");
    await network.open(id, policy([port]), 60_000);
    // The folder was mounted, not the socket: what is made later is there.
    expect((await inside(get(`http://127.0.0.1:${port}/`), waiting)).stdout).toContain("from outside");
  });

  test("asked to stop, a program still has its network for its last words", async () => {
    const { outlet } = await openOutlet([port]);
    const step = await machine.step(
      "last-words",
      `trap "${get(`http://127.0.0.1:${port}/`).replaceAll('"', '\\"').replaceAll("$", "\\$")}; exit 3" TERM; echo up; while :; do sleep 0.1; done`,
      {
        outlet,
        env: { ...PROXY_VARIABLES },
      },
    );
    const running = await machine.sessions.start("last-words", step);
    await expect
      .poll(() => descendants(running.pid).some(({ name }) => name === "sleep"), { timeout: 20_000 })
      .toBe(true);
    await running.stop(10_000);
    expect(await running.ended).toEqual({ exitCode: 3 });
    expect(await machine.output("last-words")).toContain("from outside");
  });
});

describe("the self-test", () => {
  const confinement = () => ({
    user: machine.users[0] ?? { slot: 0 },
    cwd: machine.workspace,
    env: { PATH: "/usr/bin:/bin" },
    mounts: [{ source: machine.workspace, writable: true }],
  });
  const failed = async (driver = machine.driver, by: Network = network) =>
    Object.fromEntries(
      (await probeNetwork(driver, confinement(), by))
        .filter(({ passed }) => !passed)
        .map(({ name, detail }) => [name, detail]),
    );

  test("passes here", async () => {
    expect(await failed()).toEqual({});
  });

  test("tells each of its probes as failed where the sandbox shares the machine's network, and sends nothing then", async () => {
    const shared = {
      ...machine.driver,
      wrap: (...given: Parameters<typeof machine.driver.wrap>) =>
        machine.driver.wrap(...given).filter((word) => word !== "--unshare-net"),
    };
    const found = await failed(shared);
    expect(Object.keys(found)).toEqual([...NETWORK_PROBES]);
    expect(new Set(Object.values(found))).toEqual(new Set(["shares the network of this machine"]));
  });

  test("notices a proxy that does not answer, and one that lets everything through", async () => {
    const dir = join(machine.dir, "other-proxy");
    await mkdir(dir, { mode: 0o755 });
    const other = { ...network, place: () => dir, open: async () => undefined };
    expect(Object.keys(await failed(machine.driver, other))).toEqual(["listed-host", "unlisted-host"]);
    const careless = createServer((_request, response) => void response.end("anything"));
    careless.listen({ path: join(dir, "proxy.sock"), writableAll: true });
    await once(careless, "listening");
    expect(Object.keys(await failed(machine.driver, other))).toEqual(["listed-host", "unlisted-host"]);
    careless.close();
  });
});

describe("the bridge", () => {
  test("has none of the descriptors that whoever starts the sandbox left open", async () => {
    const { outlet } = await openOutlet([]);
    const confined = {
      user: machine.users[0] ?? { slot: 0 },
      cwd: machine.workspace,
      env: { PATH: "/usr/bin:/bin" },
      mounts: [{ source: machine.workspace, writable: true }],
      outlet,
    };
    const script =
      "echo own $(ls /proc/$$/fd); for pid in /proc/[0-9]*; do grep -q tcpserver $pid/comm && echo bridge $(ls $pid/fd); done";
    const wrapped = machine.driver.wrap(confined, ["/bin/sh", "-c", script]);
    const leaving = `exec "$@" ${[4, 5, 6, 7, 8, 9].map((descriptor) => `${descriptor}</dev/null`).join(" ")}`;
    const args = ["-c", leaving, "leaves", ...wrapped];
    const { stdout } = await runProgram({ file: "/bin/sh", args, env: confined.env, timeoutMs: 20_000 });
    const numbers = (line: string) =>
      (stdout.match(new RegExp(`^${line} (.*)$`, "m"))?.[1] ?? "").split(" ").map(Number);
    expect(numbers("own")).toEqual(expect.arrayContaining([4, 5, 6, 7, 8, 9]));
    expect(numbers("bridge")).toContain(3); // where it listens
    expect(numbers("bridge").filter((descriptor) => descriptor > 3 && descriptor < 10)).toEqual([]);
  });

  test("carries many connections at once, and waits for a server that thinks after it was asked", async () => {
    const waiting: Socket[] = [];
    const crowd = createTcpServer({ allowHalfOpen: true }, (socket) => {
      // Each says all that it has to say before the first is answered.
      socket.resume().on("end", () => {
        waiting.push(socket);
        if (waiting.length === 60) setTimeout(() => waiting.map((each) => each.end("all are here\n")), 1_000);
      });
    }).listen(0, "127.0.0.1");
    await once(crowd, "listening");
    const { port: crowded } = crowd.address() as AddressInfo;
    const id = `outlet-${++count}`;
    const outlet = { dir: network.place(id, machine.users[0] ?? { slot: 0 }), forward: [], connections: 100 };
    await network.open(id, policy([crowded], 100), 60_000);
    const ask = `echo hello | socat -t 20 STDIO PROXY:127.0.0.1:127.0.0.1:${crowded},proxyport=${BRIDGE_PORT}`;
    const answers = join(machine.workspace, "crowd");
    const { stdout } = await inside(
      `for i in $(seq 60); do (${ask}) >>${answers} & done; wait; grep -c 'all are here' ${answers}`,
      outlet,
    );
    crowd.close();
    expect(stdout).toBe("60\n");
  });

  test("that does not listen keeps the program from starting, and says where", async () => {
    const { outlet } = await openOutlet([port], [port, port]); // the second finds the port taken
    const { exitCode, stdout, stderr } = await inside("echo started", outlet);
    expect({ exitCode, stdout }).toEqual({ exitCode: 125, stdout: "" });
    expect(stderr).toContain(`the bridge to the network does not listen on 127.0.0.1:${port}`);
  });

  test("passes on what is listed of the host's loopback, except where it listens itself", () => {
    const listed = [
      { address: "127.0.0.1", port: 4010 },
      { address: "127.9.9.9", port: 80 },
      { address: "127.0.0.1", port: BRIDGE_PORT },
      { address: "10.0.0.7", port: 80 },
      { address: "::1", port: 4010 },
    ];
    expect(forwarded(listed)).toEqual(listed.slice(0, 2));
  });

  test("is named by every variable that programs look at, except for what is inside", () => {
    const proxy = `http://127.0.0.1:${BRIDGE_PORT}`;
    const inside = "localhost,127.0.0.1,::1";
    expect(PROXY_VARIABLES).toEqual({
      ...{ http_proxy: proxy, HTTP_PROXY: proxy, https_proxy: proxy, HTTPS_PROXY: proxy },
      ...{ no_proxy: inside, NO_PROXY: inside },
      NODE_USE_ENV_PROXY: "1",
    });
  });
});

describe("a hole in the network", () => {
  const user = () => machine.users[0] ?? { slot: 0 };

  test("is found by the self-test wherever it is: each probe tells of its own", async () => {
    // In the place of socat one that gets everywhere, and writes down where it was sent to.
    const bin = join(machine.workspace, "everywhere");
    await mkdir(bin, { mode: 0o755 });
    const asked = join(bin, "asked");
    await writeFile(join(bin, "socat"), `#!/bin/sh\nfor last; do :; done; echo "$last" >>${asked}\n`, { mode: 0o755 });
    await writeFile(asked, "");
    await chmod(asked, 0o666);
    const confinement = {
      user: user(),
      cwd: machine.workspace,
      env: { PATH: `${bin}:/usr/bin:/bin` },
      mounts: [{ source: machine.workspace, writable: true }],
    };
    const found = await probeNetwork(machine.driver, confinement, network);
    expect(found.filter(({ passed }) => passed)).toEqual([]);
    expect(found.map(({ detail }) => detail.split(" ")[0])).toEqual([
      ...Array<string>(8).fill("reaches"),
      "what", // is listed is not reached
      "the", // proxy does not refuse
    ]);
    const targets = (await readFile(asked, "utf8")).split("\n").map((target) => target.replace(/,.*/, ""));
    expect(targets.slice(0, 8)).toEqual([
      expect.stringMatching(/^TCP4:127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^ABSTRACT-CONNECT:orch-probe-/),
      expect.stringMatching(/^TCP4:127\.0\.0\.1:17129$/),
      "TCP4:10.255.255.254:80",
      "TCP4:169.254.169.254:80",
      "UDP4:192.0.2.1:53",
      "TCP4:192.0.2.1:443",
      "UDP4:192.0.2.1:443",
    ]);
  });

  test("is found by the self-test in a proxy that knows one spelling of loopback only", async () => {
    const dir = join(machine.dir, "forgetful-proxy");
    await mkdir(dir, { mode: 0o755 });
    const forgetful = createServer((request, response) => {
      response.writeHead(request.url?.startsWith("http://127.0.0.1:") ? 403 : 200).end();
    });
    forgetful.listen({ path: join(dir, "proxy.sock"), writableAll: true });
    await once(forgetful, "listening");
    const other = { ...network, place: () => dir, open: async () => undefined };
    const confinement = {
      user: user(),
      cwd: machine.workspace,
      env: { PATH: "/usr/bin:/bin" },
      mounts: [{ source: machine.workspace, writable: true }],
    };
    const found = await probeNetwork(machine.driver, confinement, other);
    forgetful.close();
    const detail = found.find(({ name }) => name === "unlisted-host")?.detail ?? "";
    expect(detail).not.toContain("127.0.0.1:");
    for (const target of ["localhost:", "[::1]:", "169.254.169.254"])
      expect(detail).toContain(`does not refuse ${target}`);
  });
});
