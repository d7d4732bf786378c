import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { NoRoom, type Room, readBody } from "../../src/ingress/read-body.ts";

const server = createServer();
const sockets: Socket[] = [];
beforeAll(async () => {
  await once(server.listen(0, "127.0.0.1"), "listening");
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

/** A request of `length` bytes of which `sent` have been sent. */
async function send(length: number, sent: number): Promise<{ request: IncomingMessage; socket: Socket }> {
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  sockets.push(socket);
  const arrived = once(server, "request");
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n${"x".repeat(sent)}`);
  const [request] = (await arrived) as [IncomingMessage];
  return { request, socket };
}

const heldBy = (request: IncomingMessage) => once(request, "data");

test("bodies that do not end hold no more than the room, small ones pass, and what is held comes back", async () => {
  const room: Room = { left: 1_000, free: 100 };
  const slow = await send(2_000, 1_050);
  const reading = readBody(slow.request, 10_000, room);
  await heldBy(slow.request);
  expect(room.left).toBe(50);

  const large = await send(300, 300);
  await expect(readBody(large.request, 10_000, room)).rejects.toBeInstanceOf(NoRoom);
  const small = await send(100, 100);
  expect(await readBody(small.request, 10_000, room)).toHaveLength(100);
  expect(room.left).toBe(50);

  slow.socket.destroy();
  await expect(reading).rejects.toThrow();
  expect(room.left).toBe(1_000);
});
