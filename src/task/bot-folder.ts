/**
 * The folder in which the bots of a machine meet its worker hosts: a unix socket per bot. Only their own user can enter it,
 * and that is what tells a bot from anybody else who listens: a port can be taken by whoever comes first, a name in here
 * only by ourselves.
 */
import { lstatSync, mkdirSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ConfigError } from "../config.ts";
import { MAX_SOCKET_PATH } from "./socket-path.ts";

const ENDING = ".sock";

export const socketIn = (folder: string, bot: string): string => join(folder, `${bot}${ENDING}`);
/** As long as any that `socketIn` is asked for. */
const LONGEST_NAME = "bot-00000000";

/** Makes it where it is missing. Throws ConfigError when it cannot be made, or when others could put a socket into it. */
export function openBotFolder(folder: string): void {
  const problem = lengthProblem(folder) ?? makingProblem(folder) ?? privacyProblem(folder);
  if (problem) throw new ConfigError([problem]);
}

/** The sockets of bots, alive or dead; none while there is no folder. Throws when others could have put one there. */
export async function botSockets(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  if (entries.length === 0) return [];
  const problem = privacyProblem(folder);
  if (problem) throw new Error(problem);
  const sockets = entries.filter((entry) => entry.isSocket() && entry.name.endsWith(ENDING));
  return sockets.map(({ name }) => join(folder, name)).sort();
}

function lengthProblem(folder: string): string | undefined {
  const socket = socketIn(folder, LONGEST_NAME);
  if (Buffer.byteLength(socket) <= MAX_SOCKET_PATH) return undefined;
  return `${folder} is too long for the path of a socket: choose a shorter ORCH_DATA, or name a folder by BOT_URL=unix:///a/shorter/one`;
}

function makingProblem(folder: string): string | undefined {
  try {
    // Slot users must be able to pass the data folder.
    mkdirSync(dirname(folder), { recursive: true, mode: 0o711 });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `bot and worker host cannot meet in ${folder} (${reason}): set ORCH_DATA to a folder of this user's`;
  }
}

/** What lets others in; undefined when nothing does. Throws when the folder cannot be looked at. */
export function privacyProblem(folder: string): string | undefined {
  const stats = lstatSync(folder);
  if (!stats.isDirectory()) return `${folder}, where bot and worker host meet, is no folder of its own: move it away`;
  const own = process.getuid?.() ?? stats.uid;
  if (stats.uid === own && (stats.mode & 0o077) === 0) return undefined;
  const is = `mode ${(stats.mode & 0o777).toString(8)}, owner ${stats.uid}`;
  return `${folder}, where bot and worker host meet, must be closed to everybody but their user (it has ${is}): start both as one user, then chown ${own} ${folder} && chmod 700 ${folder}`;
}
