/**
 * The network proxy's program: one per worker host, all of whose sandboxes go out through it. A process of its own, because
 * it must outlive the host, whose restart may not cut an agent's connection to its model; and because it reads what
 * agents send, so it holds no secret, and where the host is root it gives up root before it listens.
 *
 * usage: node main.ts NETWORK_DIR IDENTITY [UID]
 * NETWORK_DIR holds the folders of outlet-files.ts; IDENTITY is what it answers when the host asks whether it is the one
 * that belongs to it. It ends by itself when it has no outlet left and no host asks for it.
 */
import { once } from "node:events";
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { flushCompileCache } from "node:module";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { createServer } from "../node-http.ts";
import { complain } from "./complain.ts";
import { type Outlet, type OutletCounts, type OutletSpec, openOutlet } from "./outlet.ts";
import { CONTROL_SOCKET, COUNTS_PATTERN, isOutletId, OUTLETS_DIR, outletFiles } from "./outlet-files.ts";
import { thisMachine } from "./this-machine.ts";

/** How often it looks for outlets that nobody can use any more, and for its own end; ms. */
const SWEEP_MS = 2_000;
/** More than any policy. */
const MAX_BODY_BYTES = 1_000_000;
/** Descriptors that one sandbox may use are this part of all, two for a connection; the others, and we, need some as well. */
const SHARE = 8;

const [dir = "", identity = "", uid] = process.argv.slice(2);
const outlets = new Map<string, Outlet>();
/** Requests that stay open for as long as their host lives. */
const watchers = new Set<ServerResponse>();
let retired = false;

async function main(): Promise<void> {
  process.chdir(dir);
  flushCompileCache();
  if (uid !== undefined) becomeUser(Number(uid));
  // One that cannot be opened, e.g. because the host ended while it took it away, must not keep the others closed.
  for (const id of readdirSync(OUTLETS_DIR)) await reopen(id).catch(complain);
  await listen();
  setInterval(sweep, SWEEP_MS);
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

/** No other request is heard before it listens, for a socket of this machine does so at once: none is opened twice. */
async function open(id: string, spec: OutletSpec): Promise<void> {
  const known = outlets.get(id);
  if (known) return known.change(spec);
  const spentBefore = spentIn(outletFiles("", id).state);
  outlets.set(id, await openOutlet(id, spec, { machine: thisMachine, spentBefore, mostConnections }));
}

/** Node raises the limit to the hard one as it starts. */
const mostConnections = Math.floor(maxFiles() / 2 / SHARE);

function maxFiles(): number {
  const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
  return Number(soft); // the kernel lets nobody have it unlimited
}

function spentIn(state: string): number {
  const files = readdirSync(state).filter((name) => COUNTS_PATTERN.test(name));
  return files.reduce((sum, name) => sum + bytesIn(readFileSync(join(state, name), "utf8")), 0);
}

/** A machine that lost its power may leave an empty file. */
function bytesIn(text: string): number {
  return text === "" ? 0 : (JSON.parse(text) as OutletCounts).bytes;
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
      complain(error);
      response.writeHead(500).end(JSON.stringify({ message: error instanceof Error ? error.message : String(error) }));
    });
  });
  rmSync(CONTROL_SOCKET, { force: true });
  await once(server.listen(CONTROL_SOCKET), "listening");
  chmodSync(CONTROL_SOCKET, 0o600);
}

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
    void sweep();
  });
  response.writeHead(200).write(`${identity}\n`);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  // To its end: who is still sending would hear a broken connection instead of the reason.
  const body = await buffer(request);
  if (body.length > MAX_BODY_BYTES) throw new Error(`more than ${MAX_BODY_BYTES} bytes`);
  return body.toString();
}

/** Another proxy takes the sockets over; what is connected here stays so until it ends. */
async function retire(): Promise<void> {
  retired = true;
  await Promise.all([...outlets.values()].map((outlet) => outlet.stopListening()));
}

async function sweep(): Promise<void> {
  // One look at all of them: there are as many as there are agents, and this comes often.
  const there = new Set(existsSync(OUTLETS_DIR) ? readdirSync(OUTLETS_DIR) : []);
  for (const [id, outlet] of outlets) {
    const over = outlet.spec().until <= Date.now() || !there.has(id);
    if (over || (retired && outlet.connections() === 0)) await close(id);
  }
  // Without its socket no host can find it again.
  const wanted = !retired && existsSync(CONTROL_SOCKET) && watchers.size > 0;
  if (!wanted && outlets.size === 0) process.exit(0);
}

main().catch((error: unknown) => {
  complain(error); // the host tells it to people, who need nothing of Node's around it
  process.exit(1);
});
