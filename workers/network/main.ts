/**
 * The network proxy's program: one per worker host, all of whose sandboxes go out through it. A process of its own, because
 * it must outlive the host, whose restart may not cut an agent's connection to its model; and because it reads what
 * agents send, so it holds no secret, and where the host is root it gives up root before it listens.
 *
 * usage: node main.ts NETWORK_DIR IDENTITY [UID]
 * NETWORK_DIR holds the folders of outlet-files.ts; IDENTITY is what it answers when the host asks whether it is the one
 * that belongs to it. It ends by itself when it has no outlet left and no host asks for it.
 */
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { flushCompileCache } from "node:module";
import { join } from "node:path";
import { type Outlet, type OutletCounts, type OutletSpec, openOutlet } from "./outlet.ts";
import { CONTROL_SOCKET, COUNTS_PATTERN, isOutletId, OUTLETS_DIR, outletFiles } from "./outlet-files.ts";
import { thisMachine } from "./this-machine.ts";

/** How often it looks for outlets that nobody can use any more, and for its own end; ms. */
const SWEEP_MS = 2_000;
/** More than any policy. */
const MAX_BODY_BYTES = 1_000_000;

const [dir = "", identity = "", uid] = process.argv.slice(2);
const outlets = new Map<string, Outlet>();
/** Requests that stay open for as long as their host lives. */
const watchers = new Set<ServerResponse>();
let retired = false;

async function main(): Promise<void> {
  process.chdir(dir);
  flushCompileCache();
  if (uid !== undefined) becomeUser(Number(uid));
  for (const id of readdirSync(OUTLETS_DIR).filter(isOutletId)) await reopen(id);
  await listen();
  setInterval(() => void sweep().catch(fail), SWEEP_MS);
  process.stdout.write("listening\n");
}

/** For good, and of all threads; every capability goes with it (capabilities(7), "Effect of user ID changes"). */
function becomeUser(id: number): void {
  process.setgroups?.([]);
  process.setgid?.(id);
  process.setuid?.(id);
}

/** What an earlier proxy had open when it ended. */
async function reopen(id: string): Promise<void> {
  const { policy } = outletFiles("", id);
  if (!existsSync(policy)) return;
  const spec = JSON.parse(readFileSync(policy, "utf8")) as OutletSpec;
  if (spec.until > Date.now()) await open(id, spec);
}

async function open(id: string, spec: OutletSpec): Promise<void> {
  const known = outlets.get(id);
  if (known) return known.change(spec);
  outlets.set(
    id,
    await openOutlet(id, spec, { machine: thisMachine, spentBefore: spentIn(outletFiles("", id).state) }),
  );
}

function spentIn(state: string): number {
  const files = readdirSync(state).filter((name) => COUNTS_PATTERN.test(name));
  const counts = files.map((name) => JSON.parse(readFileSync(join(state, name), "utf8")) as OutletCounts);
  return counts.reduce((sum, { bytes }) => sum + bytes, 0);
}

async function close(id: string): Promise<void> {
  const outlet = outlets.get(id);
  outlets.delete(id);
  await outlet?.close();
}

/** Only the host's user can reach this socket: what comes over it is our own worker host's word. */
async function listen(): Promise<void> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      response.writeHead(500).end(JSON.stringify({ message: error instanceof Error ? error.message : String(error) }));
    });
  });
  rmSync(CONTROL_SOCKET, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(CONTROL_SOCKET, resolve);
  });
  chmodSync(CONTROL_SOCKET, 0o600);
  onRetirement = () => {
    server.close();
    server.closeIdleConnections();
  };
}

let onRetirement = () => {};

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, what = "", id = ""] = (request.url ?? "").split("/");
  const deed = `${request.method} ${what}`;
  if (deed === "GET watch") return watch(response);
  if (deed === "POST retire") await retire();
  else if (deed === "PUT outlets" && isOutletId(id)) await open(id, JSON.parse(await bodyOf(request)) as OutletSpec);
  else if (deed === "DELETE outlets" && isOutletId(id)) await close(id);
  else if (deed !== "GET outlets") return void response.writeHead(404).end();
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ identity, outlets: [...outlets.keys()] }));
}

/** The answer never ends while both live, so each side learns at once when the other has gone. */
function watch(response: ServerResponse): void {
  watchers.add(response);
  response.once("close", () => {
    watchers.delete(response);
    sweep().catch(fail);
  });
  response.writeHead(200).write(`${identity}\n`);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  // Not before its end: who is still sending would hear a broken connection instead of the reason.
  if (size > MAX_BODY_BYTES) throw new Error(`more than ${MAX_BODY_BYTES} bytes`);
  return Buffer.concat(chunks).toString();
}

/** Another proxy takes the sockets over; what is connected here stays so until it ends. */
async function retire(): Promise<void> {
  retired = true;
  await Promise.all([...outlets.values()].map((outlet) => outlet.stopListening()));
  onRetirement();
}

async function sweep(): Promise<void> {
  for (const [id, outlet] of outlets) {
    const over = outlet.spec().until <= Date.now() || !existsSync(outletFiles("", id).policy);
    if (over || (retired && outlet.connections() === 0)) await close(id);
  }
  // Without its socket no host can find it again.
  const wanted = !retired && existsSync(CONTROL_SOCKET) && watchers.size > 0;
  if (!wanted && outlets.size === 0) process.exit(0);
}

function fail(error: unknown): never {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
}

main().catch(fail);
