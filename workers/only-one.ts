/**
 * A host id is one host's. The lock on its data folder sees to that on one machine, as long as nobody copies the folder: then
 * two hosts would renew the same leases and run the same tasks. So the id goes with the place of its folder, and a host whose
 * id lives elsewhere does not start.
 */
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import { ConfigError } from "../src/config.ts";
import { BEAT_MS, LOST_AFTER_MS, lastBeatOf, placeOf } from "../src/task/heartbeat.ts";
import { type HostInfo, readHosts } from "../src/task/hosts.ts";

/**
 * The place of a file that names a host: this boot of this machine, and this very file. A copy is another file, and after a
 * restart of the machine the host that was here does not beat any more.
 */
export function placeOfFile(path: string): string {
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return createHash("sha256")
    .update(`${boot} ${statSync(path).ino}`)
    .digest("hex")
    .slice(0, 16);
}

/** Resolves when nobody else beats under this id. Throws ConfigError when somebody does. */
export async function refuseSecondHost(redis: Redis, { id, place }: Pick<HostInfo, "id" | "place">, folder: string) {
  const first = await lastBeatOf(redis, id);
  const other = await placeOf(redis, id);
  if (first === undefined || other === undefined || other === place) return;
  // It may have died a moment ago, with its machine: whoever lives beats within this time. Clocks may differ, beats do not lie.
  for (let waited = 0; waited < LOST_AFTER_MS; waited += BEAT_MS / 5) {
    if ((await lastBeatOf(redis, id)) !== first) throw new ConfigError([await sayCopied(redis, id, folder)]);
    if (Date.now() - first > LOST_AFTER_MS + MAX_SKEW_MS) return;
    await delay(BEAT_MS / 5);
  }
}

/** Clocks of two machines that are further apart than this are somebody else's trouble. */
const MAX_SKEW_MS = 60_000;

async function sayCopied(redis: Redis, id: string, folder: string): Promise<string> {
  const name = (await readHosts(redis, Date.now())).find((host) => host.id === id)?.name ?? "another machine";
  return `another worker host with the id of this one (${id}) is alive on ${name}: ${folder} is a copy of its data folder. To make it a host of its own, remove ${folder}/host and start again`;
}
