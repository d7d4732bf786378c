/**
 * The worker host of this machine's data folder, for whoever is about to remove something of it: it must have an id, belong to this user, and not be
 * a copy of another one's folder.
 */
import { lstatSync } from "node:fs";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { LOST_AFTER_MS, lastBeatOf, placeOf } from "../../src/task/heartbeat.ts";
import { placeOfFile } from "../../workers/only-one.ts";
import { NotAllowed } from "../exit-code.ts";
import { hostIdOf } from "../host-id.ts";

/** Undefined where this machine has none. Throws NotAllowed for another user's. */
export function ownHost(dataDir: string): string | undefined {
  const hostDir = join(dataDir, "host");
  const id = hostIdOf(hostDir);
  if (id === undefined || !/^h[0-9a-f]{8}$/.test(id)) return undefined;
  const self = process.getuid?.();
  if (self !== 0 && lstatSync(hostDir).uid !== self)
    throw new NotAllowed(`${hostDir} belongs to another user: run this as the user that the worker host runs as`);
  return id;
}

/** A host that beats under this id from another place: what lies here is a copy, and nothing that is said of it is meant. */
export async function isCopy(redis: Redis, id: string, dataDir: string): Promise<boolean> {
  const [place, beat] = [await placeOf(redis, id), await lastBeatOf(redis, id)];
  if (place === undefined || beat === undefined || Date.now() - beat > LOST_AFTER_MS) return false;
  return place !== placeOfFile(join(dataDir, "host", "id"));
}
