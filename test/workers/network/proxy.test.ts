import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestListener,
  type Server,
} from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { BRIDGE_PROCESS } from "../../../workers/network/bridge.ts";
import type { Blocked } from "../../../workers/network/outside.ts";
import type { Policy } from "../../../workers/network/policy.ts";
import { makeProxy } from "../../../workers/network/proxy.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const deed of cleanUps.splice(0).reverse()) await deed();
});

/** A server on this machine's loopback, which stands for a server of the internet where it is listed. */
async function serve(listener: RequestListener): Promise<{ server: Server; port: number }> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanUps.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, port: (server.address() as AddressInfo).port };
}

type Options = {
  ports?: number[];
  bytes?: number;
  connections?: number;
  names?: Record<string, string[][]>;
  addresses?: string[];
  connectMs?: number;
  /** Called for every connection; what it throws is the policy's fault. */
  beforePolicy?: () => void;
  /** Awaited before a name is answered. */
  beforeAnswer?: () => Promise<unknown>;
};

/** A proxy whose names answer in turn what is given; every one else does not exist. `ports`: of the addresses, listed. */
async function startProxy(options: Options = {}) {
  const { ports = [], bytes = 1e12, connections = 50, names = {}, addresses = ["127.0.0.1"] } = options;
  const dir = await mkdtemp(join(tmpdir(), "orch-proxy-"));
  const socketPath = join(dir, "s");
  const blocked: Blocked[] = [];
  const asked: string[] = [];
  let spent = 0;
  const policy: Policy = {
    egress: "open",
    rules: [{ whose: "operator", egress: "open" }],
    private: ports.flatMap((port) => addresses.map((address) => ({ address, port }))),
    never: [],
    limits: { connections, bytes },
  };
  const proxy = makeProxy({
    policy: () => {
      options.beforePolicy?.();
      return policy;
    },
    machine: {
      isOwn: () => false,
      lookUp: async (name) => {
        asked.push(name);
        await options.beforeAnswer?.();
        const answers = names[name];
        const answer = (answers?.length ?? 0) > 1 ? answers?.shift() : answers?.[0];
        if (!answer) throw new Error("no name server knows it");
        return answer;
      },
    },
    spend: (more) => {
      spent += more;
    },
    isSpent: () => spent >= bytes,
    onBlocked: (each) => blocked.push(each),
    ...(options.connectMs !== undefined && { connectMs: options.connectMs }),
  });
  proxy.server.listen(socketPath);
  await once(proxy.server, "listening");
  cleanUps.push(async () => {
    proxy.cut();
    proxy.server.close();
    await rm(dir, { recursive: true });
  });
  return { proxy, socketPath, blocked, asked, spent: () => spent };
}

type Answer = { status: number | undefined; headers: IncomingMessage["headers"]; text: string };

async function get(
  socketPath: string,
  url: string,
  options: { headers?: OutgoingHttpHeaders; method?: string; body?: string; agent?: Agent } = {},
): Promise<Answer> {
  const { body, ...more } = options;
  const request = httpRequest({ socketPath, path: url, agent: false, ...more });
  request.end(body);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return { status: response.statusCode, headers: response.headers, text };
}

/** The socket of a tunnel, or the answer where there is none. */
async function tunnel(
  socketPath: string,
  authority: string,
): Promise<{ status: number; socket: Socket; head: Buffer }> {
  const request = httpRequest({ socketPath, method: "CONNECT", path: authority, agent: false }).end();
  const [response, socket, head] = (await once(request, "connect")) as [IncomingMessage, Socket, Buffer];
  cleanUps.push(() => socket.destroy());
  return { status: response.statusCode ?? 0, socket, head };
}

async function textOf(socket: Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket.setEncoding("utf8")) text += chunk;
  return text;
}

test("plain HTTP goes through with its method, path, headers and body, and the answer comes back", async () => {
  const { port } = await serve(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    response.setHeader("x-own", "kept").setHeader("set-cookie", ["a=1", "b=2"]);
    response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
  });
  const { socketPath } = await startProxy({ ports: [port] });
  const answer = await get(socketPath, `http://127.0.0.1:${port}/a?b=c`, {
    method: "POST",
    body: "hello",
    headers: {
      "x-mine": "kept",
      "proxy-authorization": "Basic secret",
      connection: "x-hop",
      "x-hop": "gone",
      host: "lie",
    },
  });
  expect(answer).toMatchObject({ status: 200, headers: { "x-own": "kept", "set-cookie": ["a=1", "b=2"] } });
  const seen = JSON.parse(answer.text);
  expect(seen).toMatchObject({ method: "POST", url: "/a?b=c", body: "hello" });
  expect(seen.headers).toMatchObject({ host: `127.0.0.1:${port}`, "x-mine": "kept" });
  expect(Object.keys(seen.headers)).not.toEqual(expect.arrayContaining(["proxy-authorization"]));
  expect(seen.headers["x-hop"]).toBeUndefined();
});

test("CONNECT is a tunnel in both directions, each of which ends by itself", async () => {
  const server = createTcpServer({ allowHalfOpen: true }, async (socket) => {
    let heard = "";
    for await (const chunk of socket.setEncoding("utf8")) heard += chunk;
    socket.end(`heard ${heard}`);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanUps.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const { socketPath } = await startProxy({ ports: [port] });
  const { status, socket } = await tunnel(socketPath, `127.0.0.1:${port}`);
  expect(status).toBe(200);
  socket.end("all of it");
  expect(await textOf(socket)).toBe("heard all of it");
});

test("what is blocked is a 403 whose text says what it is and that nothing inside can change it", async () => {
  const { socketPath, blocked } = await startProxy();
  const answer = await get(socketPath, "http://169.254.169.254/latest/meta-data/");
  expect(answer.status).toBe(403);
  expect(answer.text).toMatch(/^Orch blocked the connection to 169\.254\.169\.254:80: it is .*metadata/);
  expect(answer.text).toContain("so do not try other ways to get there. Nothing allows that.");
  const { status, socket, head } = await tunnel(socketPath, "10.0.0.1:5432");
  expect(status).toBe(403);
  expect(head.toString() + (await textOf(socket))).toMatch(
    /Orch blocked the connection to 10\.0\.0\.1:5432: .* by the entry `10\.0\.0\.1:5432` under `allow`/,
  );
  expect(blocked.map(({ host, port }) => `${host}:${port}`)).toEqual(["169.254.169.254:80", "10.0.0.1:5432"]);
});

test("CONNECT to this machine's loopback is blocked in every spelling, and nothing is connected", async () => {
  const { server, port } = await serve((_request, response) => void response.end());
  let connected = 0;
  server.on("connection", () => {
    connected += 1;
  });
  const { socketPath } = await startProxy({
    names: { localhost: [["127.0.0.1"]], "me.example": [["::ffff:127.0.0.1"]] },
  });
  const spellings = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "①②⑦.0.0.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[0:0:0:0:0:ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "localhost",
    "LOCALHOST.",
    "me.example",
    "0.0.0.0",
    "[::]",
  ];
  for (const host of spellings) {
    const { status } = await tunnel(
      socketPath,
      `${encodeURI(host).replaceAll("%5B", "[").replaceAll("%5D", "]")}:${port}`,
    );
    expect([host, status]).toEqual([host, 403]);
  }
  expect(connected).toBe(0);
});

test("the address that was judged is the one that is dialled: a name that answers otherwise next time gains nothing", async () => {
  const { port } = await serve((_request, response) => void response.end("the listed one"));
  const { socketPath, asked, blocked } = await startProxy({
    ports: [port],
    names: { "rebinding.example": [["127.0.0.1"], ["127.0.0.2"]] },
  });
  expect((await get(socketPath, `http://rebinding.example:${port}/`)).text).toBe("the listed one");
  expect(asked).toEqual(["rebinding.example"]);
  expect((await get(socketPath, `http://rebinding.example:${port}/`)).status).toBe(403);
  expect((await tunnel(socketPath, `rebinding.example:${port}`)).status).toBe(403);
  expect(blocked).toHaveLength(2);
});

test("a connection that a client keeps open is judged anew for each of its requests", async () => {
  const { port } = await serve((_request, response) => void response.end("fine"));
  const { socketPath } = await startProxy({ ports: [port] });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  cleanUps.push(() => agent.destroy());
  expect((await get(socketPath, `http://127.0.0.1:${port}/`, { agent })).status).toBe(200);
  expect((await get(socketPath, `http://127.0.0.1:${port + 1}/`, { agent })).status).toBe(403);
  expect((await get(socketPath, "http://169.254.169.254/", { agent })).status).toBe(403);
});

test("a redirect to a private address is handed to the client, and blocked when that follows it", async () => {
  const { port } = await serve((_request, response) =>
    response.writeHead(302, { location: "http://169.254.169.254/latest/" }).end(),
  );
  const { socketPath } = await startProxy({ ports: [port] });
  const first = await get(socketPath, `http://127.0.0.1:${port}/`);
  expect(first).toMatchObject({ status: 302, headers: { location: "http://169.254.169.254/latest/" } });
  expect((await get(socketPath, first.headers.location ?? "")).status).toBe(403);
});

test("what is no request to a proxy is told so, and what cannot be reached is told why", async () => {
  const { server, port } = await serve(() => undefined);
  server.close();
  const { socketPath } = await startProxy({ ports: [port] });
  expect(await get(socketPath, "/path")).toMatchObject({
    status: 400,
    text: expect.stringContaining("this is a proxy"),
  });
  expect(await get(socketPath, "https://example.com/")).toMatchObject({ status: 400 });
  expect(await get(socketPath, "http://no-such.example/")).toMatchObject({
    status: 502,
    text: expect.stringContaining("no name server knows it"),
  });
  expect((await tunnel(socketPath, "no-such.example:443")).status).toBe(502);
  expect(await get(socketPath, `http://127.0.0.1:${port}/`)).toMatchObject({ status: 502 });
  expect((await tunnel(socketPath, `127.0.0.1:${port}`)).status).toBe(502);
});

test("of a download of 5 GB no more comes than the sandbox may transfer, and then nothing goes out any more", async () => {
  const { port } = await serve((_request, response) => {
    response.writeHead(200, { "content-length": 5_000_000_000 });
    const piece = Buffer.alloc(1_000_000);
    const write = () => {
      while (!response.destroyed && response.write(piece));
      response.once("drain", write);
    };
    write();
  });
  const bytes = 20_000_000;
  const { socketPath, blocked } = await startProxy({ ports: [port], bytes });
  const { socket } = await tunnel(socketPath, `127.0.0.1:${port}`);
  let received = 0;
  socket.on("data", (chunk: Buffer) => {
    received += chunk.length;
  });
  socket.on("error", () => undefined);
  socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  await once(socket, "close");
  expect(received).toBeGreaterThan(bytes / 2);
  expect(received).toBeLessThan(bytes + 1_000_000);
  const answer = await get(socketPath, `http://127.0.0.1:${port}/`);
  expect(answer).toMatchObject({ status: 403, text: expect.stringContaining("used up") });
  expect(blocked).toHaveLength(1);
});

test("a slow reader stops its sender: what it does not read does not pile up in the proxy", async () => {
  let sent = 0;
  const all = 200_000_000;
  const { port } = await serve((request, response) => {
    if (request.url === "/quick") return void response.end("quick");
    const piece = Buffer.alloc(500_000);
    const write = () => {
      while (sent < all) {
        sent += piece.length;
        if (!response.write(piece)) return void response.once("drain", write);
      }
      response.end();
    };
    write();
  });
  const { socketPath } = await startProxy({ ports: [port] });
  const request = httpRequest({ socketPath, path: `http://127.0.0.1:${port}/`, agent: false }).end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.pause();
  for (let turn = 0; turn < 100; turn++) await get(socketPath, `http://127.0.0.1:${port}/quick`);
  expect(sent).toBeLessThan(all / 4);
  let received = 0;
  for await (const chunk of response) received += (chunk as Buffer).length;
  expect(received).toBe(all);
});

test("of 10,000 connections at once only as many are taken as one sandbox may have, and the others wait for nobody", async () => {
  const { port } = await serve((_request, response) => void response.end("still here"));
  const { proxy, socketPath, blocked } = await startProxy({ ports: [port], connections: 40 });
  const kept: Socket[] = [];
  let dropped = 0;
  let most = 0;
  for (let wave = 0; wave < 20; wave++) {
    const sockets = Array.from({ length: 500 }, () => connect(socketPath));
    await Promise.all(
      sockets.map(async (socket) => {
        socket.on("error", () => undefined);
        const closed = once(socket, "close").then(() => true);
        await once(socket, "connect");
        socket.resume();
        // A connection that is taken hears nothing; one that is dropped is closed at once.
        if (kept.length < 40) kept.push(socket);
        else if (await closed) dropped += 1;
      }),
    ).catch(() => undefined);
    most = Math.max(most, proxy.connections());
  }
  expect(most).toBeLessThanOrEqual(40);
  expect(dropped).toBeGreaterThan(9_000);
  expect(blocked.length).toBeGreaterThan(9_000);
  for (const socket of kept) socket.destroy();
  await expect.poll(() => proxy.connections()).toBe(0);
  expect((await get(socketPath, `http://127.0.0.1:${port}/`)).text).toBe("still here");
});

test("broken requests, half of one, and a client that goes away leave the proxy standing", async () => {
  const { port } = await serve((_request, response) => void response.end("fine"));
  const { socketPath, proxy } = await startProxy({ ports: [port] });
  const texts = [
    "",
    "\0\0\0",
    "GET",
    "CONNECT \r\n\r\n",
    "CONNECT 127.0.0.1:99999999 HTTP/1.1\r\n\r\n",
    `GET ${"a".repeat(100_000)}`,
  ];
  for (const text of texts) {
    const socket = connect(socketPath);
    socket.on("error", () => undefined);
    await once(socket, "connect");
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.end(text);
    socket.resume();
    await closed;
  }
  const { socket } = await tunnel(socketPath, `127.0.0.1:${port}`);
  socket.destroy();
  await expect.poll(() => proxy.connections()).toBe(0);
  expect((await get(socketPath, `http://127.0.0.1:${port}/`)).text).toBe("fine");
});

/** A server that is no HTTP server, on this machine's loopback. */
async function listenTcp(listener: (socket: Socket) => void, host = "127.0.0.1", port = 0): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    listener(socket);
  }).listen(port, host);
  await once(server, "listening");
  cleanUps.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A client that sends what it is given, word for word, and ends nothing by itself. */
async function sendRaw(socketPath: string, text: string): Promise<Socket> {
  const socket = connect({ path: socketPath, allowHalfOpen: true });
  socket.on("error", () => undefined);
  cleanUps.push(() => socket.destroy());
  await once(socket, "connect");
  socket.write(text);
  return socket;
}

/** Reads until the text is there, and gives all of it. */
async function readUntil(socket: Socket, pattern: RegExp): Promise<string> {
  let text = "";
  while (!pattern.test(text)) {
    const [chunk] = (await once(socket, "data")) as [Buffer];
    text += chunk;
  }
  return text;
}

const HOP_BY_HOP = [
  "keep-alive: timeout=5",
  "proxy-authenticate: Basic",
  "proxy-authorization: Basic c2VjcmV0",
  "proxy-connection: keep-alive",
  "te: trailers",
  "trailer: x-sum",
  "upgrade: websocket",
  "connection: X-Own-Hop , x-other-hop",
  "x-own-hop: gone",
  "x-other-hop: gone",
];

test("headers that are between two neighbours are passed on in neither direction", async () => {
  let heard = "";
  const port = await listenTcp(async (socket) => {
    heard = await readUntil(socket, /\r\n\r\n/);
    socket.end(`HTTP/1.1 200 OK\r\n${HOP_BY_HOP.join("\r\n")}\r\nx-kept: yes\r\ncontent-length: 2\r\n\r\nhi`);
  });
  const { socketPath } = await startProxy({ ports: [port] });
  const request = `GET http://127.0.0.1:${port}/ HTTP/1.1\r\nhost: x\r\nx-kept: yes\r\n${HOP_BY_HOP.join("\r\n")}\r\n\r\n`;
  const answer = await readUntil(await sendRaw(socketPath, request), /hi$/);
  const names = (text: string) =>
    text
      .split("\r\n")
      .filter((line) => line.includes(": "))
      .map((line) => line.toLowerCase().split(": ")[0])
      .sort();
  // The proxy's own: each neighbour is told what this connection does.
  const own = ["connection", "date", "keep-alive"];
  expect(names(heard).filter((name) => !own.includes(name ?? ""))).toEqual(["host", "x-kept"]);
  expect(names(answer).filter((name) => !own.includes(name ?? ""))).toEqual(["content-length", "x-kept"]);
  for (const text of [heard, answer]) {
    expect(text).not.toContain("timeout=5");
    expect(text.toLowerCase()).not.toContain("-hop");
  }
});

test("a body in pieces is passed on in pieces, whatever the method: it never becomes a second request", async () => {
  const seen: string[] = [];
  const { port } = await serve(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    seen.push(`${request.method} ${request.url} ${body}`);
    response.end("done");
  });
  const { socketPath } = await startProxy({ ports: [port] });
  const body = "GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n";
  const headers = { "transfer-encoding": "chunked" };
  await get(socketPath, `http://127.0.0.1:${port}/`, { method: "DELETE", body, headers });
  expect(seen).toEqual([`DELETE / ${body}`]);
});

test("a client of HTTP/1.0 gets an answer that it can read, though the server sends it in pieces", async () => {
  const { port } = await serve((_request, response) => {
    response.write("one ");
    response.end("two");
  });
  const { socketPath } = await startProxy({ ports: [port] });
  const answer = await textOf(await sendRaw(socketPath, `GET http://127.0.0.1:${port}/ HTTP/1.0\r\n\r\n`));
  expect(answer).toMatch(/\r\n\r\none two$/);
  expect(answer).not.toMatch(/transfer-encoding/i);
});

test.runIf(process.getuid?.() === 0)("the server is told its name without the port that every URL has", async () => {
  // An address of this process alone: on port 80 there is one server only.
  const address = `127.80.${(process.pid >> 8) % 256}.${1 + (process.pid % 250)}`;
  await listenTcp(
    (socket) => socket.once("data", (chunk) => socket.end(`HTTP/1.0 200 OK\r\n\r\n${chunk}`)),
    address,
    80,
  );
  const { socketPath } = await startProxy({ ports: [80], addresses: [address], names: { "web.example": [[address]] } });
  expect((await get(socketPath, "http://web.example/")).text).toMatch(/^host: web\.example\r$/im);
});

test("of a name with several addresses whichever takes the connection is used", async () => {
  const { port } = await serve((_request, response) => void response.end("the second one"));
  const { socketPath } = await startProxy({
    ports: [port],
    addresses: ["127.0.0.1", "127.0.0.2"],
    names: { "two.example": [["127.0.0.2", "127.0.0.1"]] },
  });
  expect((await get(socketPath, `http://two.example:${port}/`)).text).toBe("the second one");
  expect((await tunnel(socketPath, `two.example:${port}`)).status).toBe(200);
});

test("what is sent counts as well as what is received, in tunnels and by plain HTTP", async () => {
  const piece = "x".repeat(10_000);
  const { port } = await serve(async (request, response) => {
    for await (const _chunk of request);
    response.end(request.url === "/down" ? piece : undefined);
  });
  const echo = await listenTcp((socket) => void socket.pipe(socket));
  const { socketPath, spent } = await startProxy({ ports: [port, echo] });
  /** Beside the bodies, headers count: a few hundred bytes. */
  let before = 0;
  const more = () => {
    const rise = spent() - before;
    before = spent();
    return Math.floor(rise / 1_000) * 1_000;
  };
  await get(socketPath, `http://127.0.0.1:${port}/up`, { method: "POST", body: piece });
  expect(more()).toBe(piece.length);
  await get(socketPath, `http://127.0.0.1:${port}/down`);
  expect(more()).toBe(piece.length);
  const { socket } = await tunnel(socketPath, `127.0.0.1:${echo}`);
  socket.end(piece);
  await textOf(socket);
  expect(more()).toBe(2 * piece.length);
});

test("what a client sends together with its CONNECT arrives, and what it sends after the server has ended, too", async () => {
  let hear = (_text: string) => {};
  const heard = new Promise<string>((resolve) => {
    hear = resolve;
  });
  const port = await listenTcp(async (socket) => {
    socket.end("the server's only words");
    hear(await textOf(socket));
  });
  const { socketPath } = await startProxy({ ports: [port] });
  const client = await sendRaw(socketPath, `CONNECT 127.0.0.1:${port} HTTP/1.1\r\nhost: x\r\n\r\nat once, `);
  expect(await textOf(client)).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\nthe server's only words$/s);
  client.end("and afterwards");
  expect(await heard).toBe("at once, and afterwards");
});

test("a server that does not take the connection is given up, and a tunnel that is quiet for longer stays", async () => {
  const echo = await listenTcp((socket) => void socket.pipe(socket));
  const { port, release } = await listenDeaf();
  const { socketPath } = await startProxy({ ports: [echo, port], connectMs: 300 });
  const { socket } = await tunnel(socketPath, `127.0.0.1:${echo}`);
  const refused = await tunnel(socketPath, `127.0.0.1:${port}`);
  expect(refused.status).toBe(502);
  expect(refused.head.toString() + (await textOf(refused.socket))).toContain("no answer within 0.3 s");
  expect((await get(socketPath, `http://127.0.0.1:${port}/`)).status).toBe(502);
  socket.write("still there");
  expect(await readUntil(socket, /there$/)).toBe("still there");
  release();
});

/** A port whose queue of connections is full, so that the kernel answers no other. */
async function listenDeaf(): Promise<{ port: number; release: () => void }> {
  const program = spawn(BRIDGE_PROCESS, ["-1", "-H", "-R", "-l0", "-b", "0", "127.0.0.1", "0", "true"]);
  cleanUps.push(() => program.kill("SIGKILL"));
  const [said] = (await once(program.stdout, "data")) as [Buffer];
  program.kill("SIGSTOP");
  const state = () => readFileSync(`/proc/${program.pid}/stat`, "utf8").split(") ")[1]?.[0];
  await expect.poll(state, { interval: 5 }).toBe("T");
  const port = Number(said);
  const filling = connect(port, "127.0.0.1");
  filling.on("error", () => undefined);
  await once(filling, "connect");
  return { port, release: () => void filling.destroy() };
}

test("a proxy that is cut while a name is looked up connects nobody any more", async () => {
  let connected = 0;
  const { server, port } = await serve((_request, response) => void response.end("fine"));
  server.on("connection", () => {
    connected += 1;
  });
  let goOn = () => {};
  const held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const names = { "slow.example": [["127.0.0.1"]] };
  const { proxy, socketPath, asked } = await startProxy({ ports: [port], names, beforeAnswer: () => held });
  const host = `slow.example:${port}`;
  const clients = [
    await sendRaw(socketPath, `CONNECT ${host} HTTP/1.1\r\nhost: x\r\n\r\n`),
    await sendRaw(socketPath, `GET http://${host}/ HTTP/1.1\r\nhost: x\r\n\r\n`),
  ];
  await expect.poll(() => asked).toHaveLength(2);
  for (const client of clients) client.resume();
  proxy.cut();
  await expect.poll(() => proxy.connections()).toBe(0);
  goOn();
  // By the time that this one is answered those before it would have been connected.
  expect((await get(socketPath, `http://127.0.0.1:${port}/`)).text).toBe("fine");
  expect(connected).toBe(1);
});

test("when its client has gone, a server's connection ends with it", async () => {
  const gone: string[] = [];
  const { port } = await serve((_request, response) => {
    response.write("and so on");
    response.on("close", () => gone.push("plain HTTP"));
  });
  const tunnelled = await listenTcp((socket) => {
    // As a server does that has much to say, whether or not anybody listens.
    const speak = () => socket.write("x".repeat(1_000), () => setImmediate(() => socket.writable && speak()));
    socket.once("data", speak).on("close", () => gone.push("tunnel"));
  });
  const { socketPath, proxy } = await startProxy({ ports: [port, tunnelled] });
  const reader = await sendRaw(socketPath, `GET http://127.0.0.1:${port}/ HTTP/1.1\r\nhost: x\r\n\r\n`);
  await readUntil(reader, /and so on/);
  reader.destroy();
  await expect.poll(() => gone).toEqual(["plain HTTP"]);
  const { socket } = await tunnel(socketPath, `127.0.0.1:${tunnelled}`);
  socket.write("speak");
  await once(socket, "data");
  socket.destroy();
  await expect.poll(() => gone).toEqual(["plain HTTP", "tunnel"]);
  await expect.poll(() => proxy.connections()).toBe(0);
});

test("when a server breaks off, its client's connection ends with it, and nobody else's", async () => {
  const { port } = await serve((request, response) => {
    response.writeHead(200, { "content-length": 1_000 });
    const breakOff = () =>
      request.url === "/reset" ? response.socket?.resetAndDestroy() : response.socket?.destroySoon();
    response.write("half of it", breakOff);
  });
  const reset = await listenTcp((socket) => socket.once("data", () => socket.resetAndDestroy()));
  const echo = await listenTcp((socket) => void socket.pipe(socket));
  const { socketPath, proxy } = await startProxy({ ports: [port, reset, echo] });
  const { socket: other } = await tunnel(socketPath, `127.0.0.1:${echo}`);
  for (const path of ["reset", "end"]) {
    const request = `GET http://127.0.0.1:${port}/${path} HTTP/1.1\r\nhost: x\r\n\r\n`;
    const reader = await sendRaw(socketPath, request);
    expect(await textOf(reader)).toMatch(/half of it$/);
    reader.destroy();
  }
  const client = await sendRaw(socketPath, `CONNECT 127.0.0.1:${reset} HTTP/1.1\r\nhost: x\r\n\r\ngo`);
  // No word of the proxy's in the middle of what the server said.
  expect(await textOf(client)).toMatch(/^HTTP\/1\.1 200 [^\r]*\r\n\r\n$/);
  client.destroy();
  other.write("unharmed");
  expect(await readUntil(other, /unharmed$/)).toBe("unharmed");
  await expect.poll(() => proxy.connections()).toBe(1);
});

test("an answer that no server may give ends its connection, and nobody else's", async () => {
  const port = await listenTcp((socket) =>
    socket.once("data", () => socket.end("HTTP/1.1 099 Odd\r\ncontent-length: 0\r\n\r\n")),
  );
  const echo = await listenTcp((socket) => void socket.pipe(socket));
  const { socketPath } = await startProxy({ ports: [port, echo] });
  const { socket: other } = await tunnel(socketPath, `127.0.0.1:${echo}`);
  expect(await textOf(await sendRaw(socketPath, `GET http://127.0.0.1:${port}/ HTTP/1.1\r\nhost: x\r\n\r\n`))).toBe("");
  other.write("unharmed");
  expect(await readUntil(other, /unharmed$/)).toBe("unharmed");
});

test("what is no request at all is closed without a word, and long headers pass", async () => {
  const port = await listenTcp(async (socket) => {
    await readUntil(socket, /\r\n\r\n/);
    socket.end("HTTP/1.1 200 OK\r\n\r\nheard all of it");
  });
  const { socketPath } = await startProxy({ ports: [port] });
  expect(await textOf(await sendRaw(socketPath, "no request\r\n\r\n"))).toBe("");
  const headers = { "x-long": "x".repeat(6_000), "x-more": "x".repeat(6_000) };
  expect((await get(socketPath, `http://127.0.0.1:${port}/`, { headers })).text).toBe("heard all of it");
});

test("an upload may take as long as it takes, while headers may not: they hold a connection without going anywhere", async () => {
  const { proxy } = await startProxy();
  expect(proxy.server).toMatchObject({ requestTimeout: 0, headersTimeout: 60_000, keepAliveTimeout: 0 });
});

test("a refusal says that its connection ends with it", async () => {
  const { socketPath } = await startProxy();
  for (const request of ["GET http://10.0.0.1/", "CONNECT 10.0.0.1:80"]) {
    const client = await sendRaw(socketPath, `${request} HTTP/1.1\r\nhost: x\r\n\r\n`);
    expect(await textOf(client)).toMatch(/^HTTP\/1\.1 403 Blocked by Orch\r\n.*^connection: close\r$/ims);
  }
});

test("a fault of the proxy's own ends the one connection, and nobody else's", async () => {
  const echo = await listenTcp((socket) => void socket.pipe(socket));
  let broken = false;
  const beforePolicy = () => {
    if (broken) throw new Error("as no policy should");
  };
  const { socketPath } = await startProxy({ ports: [echo], beforePolicy });
  const { socket: other } = await tunnel(socketPath, `127.0.0.1:${echo}`);
  broken = true;
  for (const request of ["GET http://10.0.0.1/", "CONNECT 10.0.0.1:80"]) {
    const client = await sendRaw(socketPath, `${request} HTTP/1.1\r\nhost: x\r\n\r\n`);
    expect(await textOf(client)).toBe("");
  }
  other.write("unharmed");
  expect(await readUntil(other, /unharmed$/)).toBe("unharmed");
});
