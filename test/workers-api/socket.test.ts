import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { botSockets } from "../../src/task/bot-folder.ts";
import { openDoor } from "../../src/workers-api/socket.ts";
import { askBot } from "../support/ask-bot.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "orch-door-"));
  onTestFinished(() => rm(dir, { recursive: true }));
});

const routes = [{ method: "POST" as const, path: "/x", answer: async () => ({ status: 200, body: { ok: true } }) }];
async function open(folder = join(dir, "bot")) {
  const door = await openDoor(folder, routes, pino({ level: "silent" }));
  onTestFinished(() => door.stop());
  return door;
}

test("a bot answers in a folder that only its own user can enter, and takes its socket along when it ends", async () => {
  const folder = join(dir, "data", "bot");
  const door = await open(folder);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect(await (await askBot(folder, "/x", {}, "secret")).json()).toEqual({ ok: true });
  await door.stop();
  expect(await readdir(folder)).toEqual([]);
});

test("two bots have a socket each; one that starts clears away those of dead bots and nothing else", async () => {
  const folder = join(dir, "bot");
  await open();
  const [first] = await botSockets(folder);
  const dead = createServer().listen(join(folder, "passing"));
  await once(dead, "listening");
  await rename(join(folder, "passing"), join(folder, "bot-dead.sock"));
  dead.close();
  await once(dead, "close");
  await writeFile(join(folder, "notes.sock"), "not a socket");
  await open();
  const sockets = await botSockets(folder);
  expect(sockets).toHaveLength(2);
  expect(sockets).toContain(first);
  expect((await readdir(folder)).filter((name) => !name.startsWith("bot-"))).toEqual(["notes.sock"]);
});

test("a folder that others can enter is refused, with what to do", async () => {
  await mkdir(join(dir, "bot"), { mode: 0o755 });
  await expect(open()).rejects.toThrow(/must be closed to everybody but their user.*mode 755.*chmod 700/);
});

test("a folder that cannot be made is refused, with what to do", async () => {
  await writeFile(join(dir, "file"), "");
  await expect(open(join(dir, "file", "bot"))).rejects.toThrow(/cannot meet in .*: set ORCH_DATA to a folder/);
});

test("a path that no socket can have is refused before anything is made", async () => {
  await expect(open(join(dir, "x".repeat(100)))).rejects.toThrow(/too long for the path of a socket: choose a shorter/);
  expect(await readdir(dir)).toEqual([]);
});
