/** `orch offers`: which agents, models and roles there are to work now, on which host, and how many slots are free. */
import type { Env } from "../src/config.ts";
import { type HostOffer, offers as offersView } from "../src/views/offers.ts";
import { table } from "./table.ts";
import { viewsOf } from "./views-of.ts";
import { withRedis } from "./with-redis.ts";

const HEADING = ["HOST", "FREE", "AGENT", "MODEL", "ROLES"];

/** Exit code 0 when something is offered; else 1. */
export async function offers(env: Env, { json }: { json?: boolean }): Promise<number> {
  const around = await withRedis(env, "offers", async (redis) => await viewsOf(redis).views.around());
  const all = offersView(around);
  if (json) process.stdout.write(`${JSON.stringify({ offers: all, now: around.now })}\n`);
  else print(all);
  return all.length > 0 ? 0 : 1;
}

function print(all: readonly HostOffer[]): void {
  const width = process.stdout.isTTY ? process.stdout.columns || 80 : undefined;
  const rows = all.flatMap(({ host, slots, free, agents }) =>
    agents.map(({ agent, model, isDefault, roles }) => [
      host.name ?? host.id,
      `${free}/${slots}`,
      isDefault ? `${agent} (default)` : agent,
      model ?? "",
      roles.map((role) => (role.model === undefined ? role.name : `${role.name}=${role.model}`)).join(" "),
    ]),
  );
  if (rows.length > 0) process.stdout.write(`${table(HEADING, rows, width).join("\n")}\n`);
  else process.stderr.write("No living worker host takes work. `orch hosts` says which there are.\n");
}
