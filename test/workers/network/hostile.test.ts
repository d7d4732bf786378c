/**
 * What a hostile sandbox, or a hostile server, may send to the proxy: none of it may reach an address that is not listed,
 * take more than one sandbox's share, or keep the proxy from serving the others.
 */

import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import type { Blocked } from "../../../workers/network/outside.ts";
import { makeProxy } from "../../../workers/network/proxy.ts";
import { randomFrom } from "../../support/random.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const deed of cleanUps.splice(0).reverse()) await deed();
});

/** A server of 127.0.0.1, with all that has connected to it. */
async function serve(
  listener: (socket: Socket) => void,
): Promise<{ port: number; sockets: Set<Socket>; most(): number }> {
  const sockets = new Set<Socket>();
  let most = 0;
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    most = Math.max(most, sockets.size);
    socket.once("close", () => sockets.delete(socket));
    listener(socket);
  });
  return { port: await listening(server), sockets, most: () => most };
}

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanUps.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function startProxy(ports: number[], connections = 50) {
  const dir = await mkdtemp(join(tmpdir(), "orch-hostile-"));
  const socketPath = join(dir, "s");
  const blocked: Blocked[] = [];
  let spent = 0;
  const proxy = makeProxy({
    policy: () => ({
      egress: "open",
      rules: [{ whose: "operator", egress: "open" }],
      private: ports.map((port) => ({ address: "127.0.0.1", port })),
      never: [],
      limits: { connections, bytes: 1e12 },
    }),
    // No name leads to the internet, and no address of it is dialled: every one counts as the machine's own.
    machine: {
      isOwn: () => true,
      lookUp: async (name) => {
        if (name.startsWith("slow")) await new Promise(() => undefined);
        return name.startsWith("many") ? ["127.0.0.1", "::1", "127.0.0.2", "10.0.0.1"] : ["127.0.0.1"];
      },
    },
    spend: (bytes) => {
      spent += bytes;
    },
    isSpent: () => false,
    onBlocked: (each) => blocked.push(each),
  });
  proxy.server.listen(socketPath);
  await once(proxy.server, "listening");
  cleanUps.push(async () => {
    proxy.cut();
    proxy.server.close();
    await rm(dir, { recursive: true });
  });
  return { proxy, socketPath, blocked, spent: () => spent };
}

/** Sends it and gives what comes back, until the proxy ends the connection or it takes too long. */
async function say(socketPath: string, bytes: string | Buffer, withinMs = 5_000) {
  const socket = connect(socketPath).on("error", () => undefined);
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk;
  });
  socket.write(bytes);
  const closed = await Promise.race([
    new Promise<true>((resolve) => socket.once("close", () => resolve(true))),
    delay(withinMs, false as const),
  ]);
  socket.destroy();
  return { text, closed };
}

const ask = (port: number, headers = "", path = "/") =>
  `GET http://127.0.0.1:${port}${path} HTTP/1.1\r\nhost: x\r\n${headers}\r\n`;
const last = "connection: close\r\n";

test("a client that sends a thousand requests at once has no more connections for it than the sandbox may have", async () => {
  const { port, most } = await serve(() => undefined);
  const { socketPath } = await startProxy([port], 3);
  await Promise.all([1, 2, 3].map(() => say(socketPath, ask(port).repeat(1_000), 1_000)));
  expect(most()).toBeLessThanOrEqual(3);
});

test("requests that a client sends without waiting are answered in their order", async () => {
  const server = createHttpServer((request, response) => void setTimeout(() => response.end(`<${request.url}>`), 20));
  const port = await listening(server);
  const { socketPath } = await startProxy([port]);
  const all = [1, 2, 3, 4, 5].map((number) => ask(port, number === 5 ? last : "", `/${number}`));
  const { text, closed } = await say(socketPath, all.join(""));
  expect(text.match(/<[^>]*>/g)).toEqual(["</1>", "</2>", "</3>", "</4>", "</5>"]);
  expect(closed).toBe(true);
});

test("connections that a server keeps count as the sandbox's, also when their client has gone, and end with the outlet", async () => {
  // It takes nothing, so what the clients have sent cannot arrive.
  const { port, sockets, most } = await serve((socket) => void socket.pause());
  const { proxy, socketPath, blocked } = await startProxy([port], 4);
  for (let number = 0; number < 8; number++) {
    const client = connect(socketPath).on("error", () => undefined);
    client.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\n\r\n`);
    const answer = await new Promise<string>((resolve) => {
      client.once("data", (chunk: Buffer) => resolve(chunk.toString()));
      client.once("close", () => resolve(""));
    });
    if (answer.includes(" 200 ")) {
      const piece = Buffer.alloc(16_384);
      for (let sent = 0; sent < 1_000 && client.writableLength === 0; sent++) {
        client.write(piece);
        await delay(0);
      }
    }
    client.destroy();
  }
  expect(most()).toBeLessThanOrEqual(4);
  expect(blocked.every(({ why }) => why.includes("4 connections open"))).toBe(true);
  proxy.cut();
  for (const socket of sockets) socket.resume();
  await expect.poll(() => sockets.size).toBe(0);
});

test("a header of blanks takes no time", async () => {
  const server = createHttpServer((_request, response) => void response.end("fine"));
  const port = await listening(server);
  const { socketPath } = await startProxy([port]);
  const start = performance.now();
  await say(socketPath, ask(port, `connection: close, a${" ".repeat(15_000)}b\r\n`));
  await say(socketPath, ask(port, `connection: close, a${" ".repeat(60_000)}b\r\n`));
  expect(performance.now() - start).toBeLessThan(1_000);
});

test("a body is never taken for the next request, whatever the headers say of its length", async () => {
  const seen: string[] = [];
  const { port } = await serve((socket) => {
    let text = "";
    socket.on("data", (chunk: Buffer) => {
      text += chunk;
    });
    socket.once("close", () => seen.push(text));
    setTimeout(() => socket.end("HTTP/1.1 200 ok\r\ncontent-length: 0\r\n\r\n"), 200);
  });
  const { socketPath } = await startProxy([port]);
  const hidden = ask(port, "", "/hidden");
  const length = `content-length: ${hidden.length}\r\n`;
  const heads = [
    `connection: content-length\r\n${length}`,
    `connection: transfer-encoding\r\n${length}`,
    `${"x: y\r\n".repeat(200)}${length}`,
    `transfer-encoding: chunked\r\n${length}`,
    `transfer-encoding: chunked, x\r\n`,
    `${length}content-length: 0\r\n`,
  ];
  await Promise.all(heads.map((head) => say(socketPath, `${ask(port, `${last}${head}`, "/open")}${hidden}`)));
  await expect.poll(() => seen.length).toBeGreaterThan(0);
  for (const text of seen) {
    const [head = "", ...bodies] = text.split("\r\n\r\n");
    if (bodies.join("").length > 0) expect(head).toMatch(/^(content-length|transfer-encoding): /im);
  }
});

test("all that goes out counts: what stands in headers, and what follows a CONNECT in the same breath", async () => {
  const { port } = await serve((socket) => void socket.resume().once("data", () => socket.end()));
  const { socketPath, spent } = await startProxy([port]);
  await say(socketPath, `CONNECT 127.0.0.1:${port} HTTP/1.1\r\n\r\n${"x".repeat(9_000)}`, 500);
  expect(spent()).toBeGreaterThanOrEqual(9_000);
  await say(socketPath, ask(port, `${last}x: ${"y".repeat(9_000)}\r\n`), 500);
  expect(spent()).toBeGreaterThanOrEqual(18_000);
});

test.each([
  "HTTP/1.1 101 Other\r\nupgrade: other\r\nconnection: upgrade\r\n\r\nbytes",
  "HTTP/1.1 101 Other\r\n\r\n",
  "HTTP/1.1 200 \x01\x7f\r\n\r\n",
  "HTTP/1.1 099 low\r\n\r\n",
  "HTTP/1.1 200 ok\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
  "HTTP/1.1 200 ok\r\ncontent-length: 2\r\n\r\nok and more",
  "HTTP/1.1 200 ok\r\ncontent-length: 9\r\n\r\nshort",
  `HTTP/1.1 200 ok\r\n${"a: b\r\n".repeat(5_000)}\r\n`,
  "HTTP/1.1 204 none\r\ncontent-length: 2\r\n\r\nok",
  `${"HTTP/1.1 100 go on\r\n\r\n".repeat(1_000)}HTTP/1.1 200 ok\r\ncontent-length: 0\r\n\r\n`,
  "HTTP/1.1 200 ok\r\n__proto__: x\r\nconstructor: y\r\nset-cookie: \xff\r\ncontent-length: 0\r\n\r\n",
  "no HTTP at all",
])("a server that answers %j ends its own connection at most", async (answer) => {
  const { port } = await serve((socket) => {
    socket.once("data", () => {
      socket.write(answer, "latin1");
      setTimeout(() => socket.end(), 50);
    });
  });
  const { socketPath } = await startProxy([port]);
  for (const method of ["GET", "HEAD", "POST"]) {
    const { closed } = await say(socketPath, ask(port, last).replace("GET", method));
    expect([method, closed]).toEqual([method, true]);
  }
});

const HOSTS =
  '127.0.0.1 127.1 0 0x7f.1 2130706433 [::1] [::] [::ffff:7f00:1] [64:ff9b::7f00:1] [2002:7f00:1::] localhost localhost. me.example many.example slow.example 10.0.0.1 169.254.169.254 8.8.8.8 user:pass@127.0.0.1 ①②⑦.0.0.1 %31%32%37.0.0.1 [fe80::1%25lo] a..b xn--a -x- "q"'.split(
    " ",
  );
const HEADERS =
  "host: 127.0.0.1|host: a, b|connection: close|connection: upgrade, content-length|upgrade: websocket|upgrade: h2c|expect: 100-continue|expect: x|content-length: 5|content-length: -1|content-length: 5, 5|transfer-encoding: chunked|transfer-encoding: x, chunked|te: trailers|trailer: x|proxy-authorization: Basic x|__proto__: x|x: \xff\xfe|: x|x|x : y".split(
    "|",
  );
const BODIES = ["", "hello", "5\r\nhello\r\n0\r\n\r\n", "ffffffffffffffff\r\n", "GET / HTTP/1.1\r\n\r\n", "\0\r\n"];

test("whatever bytes are sent, no address is dialled but the listed one, and the next good request is answered", async () => {
  const seed = Number(process.env.ORCH_FUZZ_SEED ?? Date.now() % 2 ** 31);
  process.stdout.write(`the seed is ${seed}: repeat it by ORCH_FUZZ_SEED\n`);
  const { below, pick } = randomFrom(seed);
  const good = createHttpServer((request, response) => void request.resume().on("end", () => response.end("fine")));
  const port = await listening(good);
  const odd = await serve((socket) => {
    socket.once("data", () => socket.end(Buffer.from(Array.from({ length: below(200) }, () => below(256)))));
  });
  const unlisted = await serve((socket) => void socket.end());
  const { socketPath } = await startProxy([port, odd.port]);

  const request = () => {
    const place = `${pick(HOSTS)}:${pick([port, odd.port, unlisted.port, unlisted.port, 0, 99_999, ""])}`;
    const method = pick(["GET", "POST", "CONNECT", "CONNECT", "HEAD", "OPTIONS", "PRI", "get"]);
    const target =
      method === "CONNECT" ? place : pick([`http://${place}/`, `http://${place}`, `https://${place}/`, "*", "/"]);
    const headers = Array.from({ length: below(5) }, () => `${pick(HEADERS)}\r\n`).join("");
    return `${method} ${target} ${pick(["HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/9"])}\r\n${headers}\r\n${pick(BODIES)}`;
  };
  const mutated = (text: string) => {
    const bytes = Buffer.from(text);
    for (let changes = below(4); changes > 0 && bytes.length > 0; changes--) bytes[below(bytes.length)] = below(256);
    return below(5) === 0 ? bytes.subarray(0, below(bytes.length + 1)) : bytes;
  };
  const noise = () => Buffer.from(Array.from({ length: below(400) }, () => below(256)));
  const something = () =>
    below(6) === 0 ? noise() : Buffer.concat(Array.from({ length: 1 + below(3) }, () => mutated(request())));

  for (let wave = 0; wave < 40; wave++) {
    await Promise.all(Array.from({ length: 20 }, () => say(socketPath, something(), 30 + below(60))));
    expect((await say(socketPath, ask(port, last))).text).toContain("fine");
  }
  expect(unlisted.most()).toBe(0);
});
