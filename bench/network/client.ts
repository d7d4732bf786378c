/**
 * The measuring program, which runs inside a sandbox: one file that needs nothing but Node. It asks a server of the benchmark
 * for answers, through the proxy where one is named and directly otherwise, and prints what it measured as JSON.
 *
 * usage: node client.ts PORT REQUESTS MEGABYTES [PROXY_PORT]
 */
import { Agent, type ClientRequest, type IncomingMessage, type RequestOptions, request } from "node:http";
import { connect, type Socket } from "node:net";

/** `fresh`, `kept`: milliseconds of each request. `rate`: MB a second of one long answer. */
export type Measured = { fresh: number[]; kept: number[]; rate: number };
/** `plain`: whole URLs to the proxy. `tunnel`: CONNECT, as for everything encrypted. Directly both are the same. */
export type ClientReport = { plain: Measured; tunnel: Measured };

const [port = 0, requests = 0, megabytes = 0, proxyPort] = process.argv.slice(2).map(Number);
const HOST = "127.0.0.1";
const origin = `http://${HOST}:${port}`;
const WARM_UP = 10;

/** Makes a connection that answers for the server, by which requests for `path` are then written. */
type Way = { connection(): Promise<Socket>; options(path: string): RequestOptions };

const plain: Way = {
  connection: () => connected(proxyPort ?? port),
  options: (path) => ({ path: proxyPort === undefined ? path : origin + path, headers: { host: `${HOST}:${port}` } }),
};

const tunnel: Way = {
  connection: () => (proxyPort === undefined ? connected(port) : throughTunnel(proxyPort)),
  options: (path) => ({ path, headers: { host: `${HOST}:${port}` } }),
};

async function connected(to: number): Promise<Socket> {
  const socket = connect({ host: HOST, port: to, noDelay: true });
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  return socket;
}

function throughTunnel(proxy: number): Promise<Socket> {
  const asked = request({ host: HOST, port: proxy, method: "CONNECT", path: `${HOST}:${port}`, agent: false });
  asked.end();
  return new Promise((resolve, reject) => {
    asked.once("error", reject);
    asked.once("connect", ({ statusCode }, socket) =>
      statusCode === 200 ? resolve(socket) : reject(new Error(`the proxy says ${statusCode}`)),
    );
  });
}

/** Gives the number of bytes of the answer. Without `agent` the connection is made for this request and ends with it: to
 * name none is the only way to have Node take a connection that one makes. */
async function ask(way: Way, path: string, agent?: Agent): Promise<number> {
  const socket = agent ? undefined : await way.connection();
  const asked = request({
    host: HOST,
    ...way.options(path),
    ...(agent ? { agent } : { createConnection: () => socket as Socket }),
  });
  return received(asked.end());
}

function received(asked: ClientRequest): Promise<number> {
  return new Promise((resolve, reject) => {
    asked.once("error", reject);
    asked.once("response", (answer: IncomingMessage) => {
      if (answer.statusCode !== 200) reject(new Error(`status ${answer.statusCode}`));
      let bytes = 0;
      answer.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      answer.once("error", reject);
      answer.once("end", () => resolve(bytes));
    });
  });
}

/** An agent whose one connection is this. */
function keeping(socket: Socket): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  agent.createConnection = () => socket;
  return agent;
}

async function times(one: () => Promise<unknown>): Promise<number[]> {
  const all: number[] = [];
  for (let turn = -WARM_UP; turn < requests; turn++) {
    const at = performance.now();
    await one();
    if (turn >= 0) all.push(performance.now() - at);
  }
  return all;
}

async function measure(way: Way): Promise<Measured> {
  const fresh = await times(() => ask(way, "/"));
  const agent = keeping(await way.connection());
  const kept = await times(() => ask(way, "/", agent));
  agent.destroy();
  const wanted = megabytes * 1e6;
  const at = performance.now();
  const bytes = await ask(way, `/${wanted}`);
  const seconds = (performance.now() - at) / 1_000;
  if (bytes !== wanted) throw new Error(`${bytes} bytes came, not ${wanted}`);
  return { fresh, kept, rate: megabytes / seconds };
}

process.stdout.write(JSON.stringify({ plain: await measure(plain), tunnel: await measure(tunnel) }));
process.exit(0);
