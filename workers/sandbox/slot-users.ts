/**
 * The users that slots run as. Where the host is root every slot has a uid of its own, so that no agent can signal,
 * trace or read another; such a user needs no account on the machine, only generated files inside the sandbox.
 */
import { readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { ConfinementError, type Mount, type SlotUser } from "./confinement.ts";

/** Below systemd's dynamic users (61184-65519), above what distributions hand out to people. */
const DEFAULT_BASE_UID = 61_000;

/**
 * One user per slot, numbered from 0: uid = gid = base + slot where the host is root, otherwise the host's own user. The two
 * ids below the base are taken as well, for `trialUser` and `proxyUid`: these stay the same however many slots there are.
 * @throws {ConfinementError} when one of the uids or gids belongs to an account of this machine
 */
export async function slotUsers(slots: number, hostUid: number, baseUid = DEFAULT_BASE_UID): Promise<SlotUser[]> {
  const numbers = Array.from({ length: slots }, (_, slot) => slot);
  if (hostUid !== 0) return numbers.map((slot) => ({ slot }));
  const taken = new Map([...(await accountsIn("/etc/group")), ...(await accountsIn("/etc/passwd"))]);
  for (let uid = baseUid - PROXY; uid < baseUid + slots; uid++) {
    const owner = taken.get(uid);
    if (uid >= 1_000 && owner === undefined) continue;
    const whose = owner === undefined ? "reserved for the system" : `the account ${owner}`;
    throw new ConfinementError(
      `this host cannot use uid ${uid}: it is ${whose}. It needs ${baseUid - PROXY} to ${baseUid + slots - 1}; choose another sandboxBaseUid`,
    );
  }
  return numbers.map((slot) => ({ slot, uid: baseUid + slot, gid: baseUid + slot }));
}

/** So far below the base. */
const [TRIAL, PROXY] = [1, 2];

/**
 * Who a sandbox is tried as, by the self-test and by doctor: like a slot's user, and none of them. All that a slot's user
 * runs is ended with each of his steps.
 */
export function trialUser(users: readonly SlotUser[]): SlotUser {
  const base = users[0]?.uid;
  return base === undefined ? { slot: users.length } : { slot: users.length, uid: base - TRIAL, gid: base - TRIAL };
}

/** Who the network proxy runs as: no slot's user, so that neither can get at the other. Undefined: as the host's own user. */
export function proxyUid(users: readonly SlotUser[]): number | undefined {
  const base = users[0]?.uid;
  return base === undefined ? undefined : base - PROXY;
}

async function accountsIn(file: string): Promise<[number, string][]> {
  const lines = (await readFile(file, "utf8")).split("\n").map((line) => line.split(":"));
  return lines.filter((fields) => fields.length > 2).map((fields) => [Number(fields[2]), fields[0] ?? ""]);
}

/** A mount that the user could not reach, and the folder that forbids it. */
export type Unreachable = { source: string; blockedBy: string; remedy: string };

/**
 * Which mounts cannot be built because a folder above the source does not let this user pass. Missing sources count
 * as unreachable too. Looks at mode bits only: a permission given by an access control list is not seen.
 */
export async function unreachablePaths(user: SlotUser, mounts: readonly Mount[]): Promise<Unreachable[]> {
  const found: Unreachable[] = [];
  for (const { source } of mounts) {
    const blocked = await firstClosed(user, source);
    if (blocked) found.push({ source, ...blocked });
  }
  return found;
}

async function firstClosed(user: SlotUser, source: string): Promise<Omit<Unreachable, "source"> | undefined> {
  for (const folder of foldersAbove(source)) {
    const entry = await stat(folder).catch(() => undefined);
    if (entry === undefined) return { blockedBy: folder, remedy: `${folder} does not exist` };
    if (user.uid === undefined) continue;
    const shift = entry.uid === user.uid ? 6 : entry.gid === user.gid ? 3 : 0;
    if (((entry.mode >> shift) & 1) === 1) continue;
    const remedy = `uid ${user.uid} may not pass ${folder}: run "chmod o+x ${folder}", or keep ${source} elsewhere`;
    return { blockedBy: folder, remedy: `${remedy} (a checkout or data folder under /root is the usual cause)` };
  }
  const exists = await stat(source).catch(() => undefined);
  return exists ? undefined : { blockedBy: source, remedy: `${source} does not exist` };
}

/** From the root down. */
function foldersAbove(path: string): string[] {
  const above = dirname(path);
  return above === path ? [] : [...foldersAbove(above), above];
}
