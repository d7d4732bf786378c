import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { pino } from "pino";
import { afterEach, describe, expect, test } from "vitest";
import { readBody } from "../src/ingress/read-body.ts";
import { type HttpServer, listenOn, type Route } from "../src/server.ts";

const log = pino({ level: "silent" });
const HOUR = 3_600_000;
const ok = async () => ({ status: 200, body: {} });

let sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
});

const listenWith = (limits: { stopWithinMs: number; connections: number }, answer: Route["answer"] = ok) =>
  listenOn({ host: "127.0.0.1", port: 0 }, [{ method: "POST", path: "/", answer }], log, { limits });

async function open({ port }: HttpServer, bytes = ""): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  sockets.push(socket);
  socket.on("error", () => undefined); // the server may cut us off
  socket.resume();
  await once(socket, "connect");
  if (bytes) socket.write(bytes);
  return socket;
}

const post = ({ port }: HttpServer) => fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: "{}" });

describe("the server stops", () => {
  test.each([
    ["no byte", ""],
    ["half a header", "POST / HTTP/1.1\r\nHo"],
    ["half a body", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc"],
  ])("although a connection sent %s", async (_what, bytes) => {
    const server = await listenWith({ stopWithinMs: 0, connections: 10 }, async (request) => {
      await readBody(request, 1_000);
      return await ok();
    });
    const closed = once(await open(server, bytes), "close");
    // Taken after ours: when it is answered, the server has ours, too.
    expect((await post(server)).status).toBe(200);
    await server.stop();
    await closed;
  });

  test("but answers what is under way first", async () => {
    const asked = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const server = await listenWith({ stopWithinMs: HOUR, connections: 10 }, async () => {
      asked.resolve();
      await goOn.promise;
      return await ok();
    });
    const answer = post(server);
    await asked.promise;
    const stopped = server.stop();
    goOn.resolve();
    expect((await answer).status).toBe(200);
    await stopped;
  });
});

test("strangers cannot hold more connections than there is memory for", async () => {
  const server = await listenWith({ stopWithinMs: 0, connections: 2 });
  await open(server);
  const second = await open(server);
  const third = await open(server);
  await once(third, "close");
  // Not even told that it was too slow.
  expect(third.bytesRead).toBe(0);
  second.destroy();
  await expect
    .poll(() =>
      post(server).then(
        ({ status }) => status,
        () => 0,
      ),
    )
    .toBe(200);
  await server.stop();
});
