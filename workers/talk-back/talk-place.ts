/**
 * Where a run's agent and its host meet: a folder for each run with nothing in it but a socket, and one for all with the program
 * that agents talk back by. Only the slot's user gets to the socket; sandboxes are shown both folders read-only.
 */
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Mount, SandboxDriver, SlotUser } from "../sandbox/confinement.ts";

/** The program's name, on the PATH of every agent. */
export const AGENT_PROGRAM = "orch-agent";
/** What it is written in: its base is part of every Debian. */
export const PERL = "/usr/bin/perl";

const SOCKET = "s";
/** Where sandboxes show the two folders. */
const [TALK_INSIDE, BIN_INSIDE] = ["/run/orch/talk", "/run/orch/bin"];

/** `dir`: of the runs' folders. `bin`: with the program. */
export type TalkPlace = { dir: string; bin: string };

/** Undefined on a machine without Perl: agents cannot talk back there. `hostDir`: slot users can pass the folders above it. */
export function openTalkPlace(hostDir: string, perl = PERL): TalkPlace | undefined {
  if (!existsSync(perl)) return undefined;
  const [dir, bin] = [join(hostDir, "talk"), join(hostDir, "agent-bin")];
  for (const folder of [dir, bin]) {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, folder === dir ? 0o711 : 0o755);
  }
  // A new file under the old name: whoever runs the old one goes on with that.
  const program = join(bin, AGENT_PROGRAM);
  copyFileSync(fileURLToPath(new URL(AGENT_PROGRAM, import.meta.url)), `${program}.new`);
  chmodSync(`${program}.new`, 0o755);
  renameSync(`${program}.new`, program);
  return { dir, bin };
}

/** `id`: the name of the run's folder, which never changes: a restarted host listens in the same place. */
export const talkFolder = ({ dir }: TalkPlace, id: string): string => join(dir, id);
export const talkSocket = (folder: string): string => join(folder, SOCKET);

/** Again is fine: what is mounted stays the same folder. */
export function makeTalkFolder(place: TalkPlace, id: string, { gid }: SlotUser): string {
  const folder = talkFolder(place, id);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // The group is passed on to the socket (setgid).
  if (gid !== undefined) chownSync(folder, process.getuid?.() ?? 0, gid);
  chmodSync(folder, gid === undefined ? 0o700 : 0o2710);
  return folder;
}

export const removeTalkFolder = (place: TalkPlace, id: string): void =>
  rmSync(talkFolder(place, id), { recursive: true, force: true });

/** How an agent sees its side: what to mount, the socket, and the folder of the program. */
export type TalkSeen = { mounts: Mount[]; socket: string; bin: string };

export function seenFrom(driver: SandboxDriver, place: TalkPlace, id: string): TalkSeen {
  const folder = talkFolder(place, id);
  // A driver that moves the workspace shows other folders in their own places, too.
  if (driver.workspaceAt === undefined) return { mounts: [], socket: talkSocket(folder), bin: place.bin };
  return {
    mounts: [
      { source: folder, target: TALK_INSIDE },
      { source: place.bin, target: BIN_INSIDE },
    ],
    socket: talkSocket(TALK_INSIDE),
    bin: BIN_INSIDE,
  };
}
