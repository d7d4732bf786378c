/** The servers that are asked, in a process of their own: one answers, `/` shortly and `/N` with N bytes; one only listens. */
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { serveQuestions } from "../child.ts";

const CHUNK = Buffer.alloc(256 * 1024, "x");

const server = createServer((request, response) => {
  let left = Number((request.url ?? "/").slice(1));
  if (left === 0) return void response.end("as short as answers are\n");
  response.writeHead(200, { "content-length": left });
  const write = () => {
    while (left > 0) {
      const chunk = left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
      left -= chunk.length;
      if (!response.write(chunk)) return void response.once("drain", write);
    }
    response.end();
  };
  write();
});

const silent = new Set<Socket>();
const silentServer = createTcpServer((socket) => {
  silent.add(socket);
  socket.on("error", () => undefined).once("close", () => silent.delete(socket));
});

async function listening(each: Server): Promise<number> {
  each.listen(0, "127.0.0.1");
  await new Promise((resolve) => each.once("listening", resolve));
  return (each.address() as AddressInfo).port;
}

const ports = { answering: await listening(server), silent: await listening(silentServer) };
serveQuestions({ ports: () => ports, connections: () => silent.size });
