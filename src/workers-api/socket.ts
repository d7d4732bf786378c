/**
 * The bot's own door for worker hosts on its machine: a unix socket in the folder where they look for it. It comes by a name
 * that no other bot has, is to be seen only once it answers, and goes with the bot. What dead bots left is cleared away.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod, rename, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import type { Logger } from "../log.ts";
import { makeServer, type Route } from "../server.ts";
import { botSockets, openBotFolder, socketIn } from "../task/bot-folder.ts";

export type Door = { stop(): Promise<void> };

/** Throws ConfigError when the folder cannot be had for ourselves. */
export async function openDoor(folder: string, routes: readonly Route[], log: Logger): Promise<Door> {
  openBotFolder(folder);
  for (const socket of await botSockets(folder)) if (await isDead(socket)) await rm(socket, { force: true });
  const name = `bot-${randomBytes(4).toString("hex")}`;
  const { server, stop } = makeServer(routes, log);
  // Under its last name it would for a moment refuse connections, and another bot that starts would take it for dead.
  const unseen = join(folder, name);
  server.listen(unseen);
  await once(server, "listening");
  await chmod(unseen, 0o600);
  const socket = socketIn(folder, name);
  await rename(unseen, socket);
  return {
    async stop() {
      await rm(socket, { force: true });
      await stop();
    },
  };
}

/** Nobody listens any more. One that is merely busy does. */
async function isDead(socket: string): Promise<boolean> {
  const connection = connect(socket);
  try {
    await once(connection, "connect");
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ECONNREFUSED";
  } finally {
    connection.destroy();
  }
}
