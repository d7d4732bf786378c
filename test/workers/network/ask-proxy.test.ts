/** What stands at the other end of the proxy's socket is believed only so far: in its form, within its bounds, and in time. */
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { ask, ProxyRefused, watch } from "../../../workers/network/ask-proxy.ts";
import { CONTROL_DIR, CONTROL_SOCKET } from "../../../workers/network/outlet-files.ts";

let dir: string;
const servers: Server[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "orch-ask-"));
  mkdirSync(join(dir, CONTROL_DIR));
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
  rmSync(dir, { recursive: true });
});

/** Something in the place of the proxy. */
async function answering(answer: RequestListener): Promise<Server> {
  const server = createServer(answer).listen(join(dir, CONTROL_SOCKET));
  servers.push(server);
  await once(server, "listening");
  return server;
}

const reply = (more: object = {}) => JSON.stringify({ identity: "me", outlets: ["a"], ...more });

test("an answer is what it says, and another form of it is none", async () => {
  let text = reply();
  await answering((_, response) => void response.end(text));
  expect(await ask(dir, "GET", "outlets")).toEqual({ identity: "me", outlets: ["a"] });
  for (const odd of ["", "[]", "null", reply({ identity: 1 }), reply({ outlets: "a" }), reply({ outlets: [1] })]) {
    text = odd;
    await expect(ask(dir, "GET", "outlets")).rejects.toThrow();
  }
});

test("a refusal is told apart, with the proxy's own words", async () => {
  await answering((_, response) => void response.writeHead(500).end(reply({ message: "no room" })));
  const refused = ask(dir, "GET", "outlets");
  await expect(refused).rejects.toThrow(ProxyRefused);
  await expect(refused).rejects.toThrow(/answers 500: .*no room/);
});

test("an answer that is longer than any is not taken in", async () => {
  await answering((_, response) => void response.end(reply({ outlets: ["x".repeat(256 * 1024)] })));
  await expect(ask(dir, "GET", "outlets")).rejects.toThrow("the network proxy says too much");
});

test("one that does not answer is given up", async () => {
  await answering(() => undefined);
  await expect(ask(dir, "GET", "outlets")).rejects.toThrow("no answer within 5 s");
});

test("every question finds the proxy that listens now, not the one that was asked before", async () => {
  const first = await answering((_, response) => void response.end(reply({ identity: "old" })));
  expect(await ask(dir, "GET", "outlets")).toMatchObject({ identity: "old" });
  first.close(); // what is connected to it stays so
  await answering((_, response) => void response.end(reply({ identity: "new" })));
  expect(await ask(dir, "GET", "outlets")).toMatchObject({ identity: "new" });
});

test("who watches learns that the proxy has gone, however it went and whatever it says", async () => {
  const server = await answering((_, response) => void response.writeHead(200).write("x".repeat(1_000_000)));
  const { ended } = await watch(dir);
  server.closeAllConnections();
  await ended;
});

test("who watches learns of it too when what comes is no HTTP any more", async () => {
  const server = createTcpServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n"));
    onTestFinished(() => void socket.destroy());
    said.promise.then(() => socket.write("no length\r\n"));
  }).listen(join(dir, CONTROL_SOCKET));
  const said = Promise.withResolvers<void>();
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { ended } = await watch(dir);
  said.resolve();
  await ended;
});

test("who has seen enough is heard by the proxy", async () => {
  const gone = Promise.withResolvers<void>();
  await answering((_, response) => {
    response.once("close", gone.resolve);
    response.writeHead(200).write("me\n");
  });
  const { end, ended } = await watch(dir);
  end();
  await gone.promise;
  await ended;
});
