/**
 * Stands between a program and its Redis, and can stop the world exactly at one command: before Redis has it, or when Redis
 * has carried it out and the program has not heard so.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** What becomes of a command. The last two end every connection, after `onCut`. */
export type Fate = "answered" | "not carried out" | "not answered";

export type RedisProxyOptions = {
  /** The Redis behind it. */
  port: number;
  /** Asked for each command, its name first. */
  fateOf(command: readonly string[]): Fate;
  onCut(): void;
};

export type RedisProxy = { url: string; close(): Promise<void> };

const MARK = "all-before-this-was-carried-out";
const ASK_FOR_MARK = `*2\r\n$4\r\nECHO\r\n$${MARK.length}\r\n${MARK}\r\n`;

export async function startRedisProxy({ port, fateOf, onCut }: RedisProxyOptions): Promise<RedisProxy> {
  const sockets = new Set<Socket>();
  const endAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  const cut = () => {
    onCut();
    endAll();
  };
  const server = createServer((program) => {
    const redis = connect(port, "127.0.0.1");
    for (const socket of [program, redis]) {
      sockets.add(socket);
      socket.on("error", () => undefined); // the end of the one is the end of the other, whatever the reason
      socket.on("close", () => {
        sockets.delete(socket);
        program.destroy();
        redis.destroy();
      });
    }
    const read = makeCommandReader();
    let unheard: string | undefined;
    program.on("data", (chunk) => {
      for (const { words, bytes } of read(chunk)) {
        if (unheard !== undefined || program.destroyed) return;
        const fate = fateOf(words);
        if (fate === "not carried out") return cut();
        redis.write(bytes);
        if (fate === "answered") continue;
        unheard = "";
        redis.write(ASK_FOR_MARK);
      }
    });
    redis.on("data", (chunk) => {
      if (unheard === undefined) return void program.write(chunk);
      unheard += chunk.toString("latin1");
      if (unheard.includes(MARK)) cut();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      endAll();
      server.close();
      await once(server, "close");
    },
  };
}

type Command = { words: string[]; bytes: Buffer };

/** Gives the commands that are complete with each further chunk. */
function makeCommandReader(): (chunk: Buffer) => Command[] {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const commands: Command[] = [];
    for (let command = firstCommand(rest); command; command = firstCommand(rest)) {
      commands.push(command);
      rest = rest.subarray(command.bytes.length);
    }
    return commands;
  };
}

/** As clients send it: `*2\r\n$3\r\nGET\r\n$1\r\nx\r\n`. */
function firstCommand(bytes: Buffer): Command | undefined {
  const count = numberAt(bytes, 0);
  if (!count) return undefined;
  const words: string[] = [];
  let at = count.end;
  while (words.length < count.value) {
    const length = numberAt(bytes, at);
    if (!length || bytes.length < length.end + length.value + 2) return undefined;
    words.push(bytes.toString("utf8", length.end, length.end + length.value));
    at = length.end + length.value + 2;
  }
  return { words, bytes: bytes.subarray(0, at) };
}

function numberAt(bytes: Buffer, at: number): { value: number; end: number } | undefined {
  const end = bytes.indexOf("\r\n", at);
  return end < 0 ? undefined : { value: Number(bytes.toString("latin1", at + 1, end)), end: end + 2 };
}
