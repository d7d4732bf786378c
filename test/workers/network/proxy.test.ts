import { once } from "node:events";
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
import type { Policy } from "../../../workers/network/policy.ts";
import { type Blocked, makeProxy } from "../../../workers/network/proxy.ts";

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

type Options = { ports?: number[]; bytes?: number; connections?: number; names?: Record<string, string[][]> };

/** A proxy whose names answer in turn what is given; every one else does not exist. `ports`: of 127.0.0.1, listed. */
async function startProxy({ ports = [], bytes = 1e12, connections = 50, names = {} }: Options = {}) {
  const dir = await mkdtemp(join(tmpdir(), "orch-proxy-"));
  const socketPath = join(dir, "s");
  const blocked: Blocked[] = [];
  const asked: string[] = [];
  let spent = 0;
  const policy: Policy = {
    egress: "open",
    rules: [{ whose: "operator", egress: "open" }],
    private: ports.map((port) => ({ address: "127.0.0.1", port })),
    never: [],
    limits: { connections, bytes },
  };
  const proxy = makeProxy({
    policy: () => policy,
    machine: {
      isOwn: () => false,
      lookUp: async (name) => {
        asked.push(name);
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
