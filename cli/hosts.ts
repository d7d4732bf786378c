/** `orch hosts`: the worker hosts, with what they offer and what is at work on each. */
import type { Env } from "../src/config.ts";
import { bytes, duration } from "../src/text/amounts.ts";
import { type HostWithRuns, hosts as hostsView } from "../src/views/hosts.ts";
import { strainWords } from "../src/words/limit-words.ts";
import { table } from "./table.ts";
import { viewsOf } from "./views-of.ts";
import { withRedis } from "./with-redis.ts";

const HEADING = ["HOST", "NAME", "STATE", "SLOTS", "SANDBOX", "VERSION", "AGENTS"];

/** Exit code 0 when one is alive; else 1. */
export async function hosts(env: Env, { json }: { json?: boolean }): Promise<number> {
  const seen = await withRedis(env, "hosts", async (redis) => await viewsOf(redis).views.around());
  const all = hostsView(seen);
  if (json) process.stdout.write(`${JSON.stringify({ hosts: all, now: seen.now })}\n`);
  else print(all, seen.now);
  return all.some(({ alive }) => alive) ? 0 : 1;
}

function print(all: readonly HostWithRuns[], now: number): void {
  const width = process.stdout.isTTY ? process.stdout.columns || 80 : undefined;
  const rows = all.map((host) => [
    host.id,
    host.name,
    stateOf(host, width === undefined ? undefined : now),
    `${host.busy}/${host.slots}`,
    host.sandbox,
    host.version,
    host.agents.join(" "),
  ]);
  if (rows.length > 0) process.stdout.write(`${table(HEADING, rows, width).join("\n")}\n`);
  else process.stderr.write("No worker host has registered. `npm start` runs one here.\n");
}

/** `now`: for a person, who reads for how long it is silent. */
function stateOf(host: HostWithRuns, now: number | undefined): string {
  const { alive, draining, lacksRoom, strained, cannotWork, lastBeat } = host;
  if (!alive && lastBeat <= 0) return "silent";
  if (!alive)
    return now === undefined
      ? `silent since ${new Date(lastBeat).toISOString()}`
      : `silent for ${duration(now - lastBeat)}`;
  if (lacksRoom) return `full disk: ${bytes(lacksRoom.freeBytes)} free`;
  if (strained) return `takes no task: ${strainWords(strained)}`;
  if (cannotWork) return `cannot work: ${cannotWork.why ?? "takes no job"}`;
  return draining ? "draining" : "alive";
}
