/** `orch budget`: what may be used, and what of it is spent, set aside and left, for the whole installation. */
import type { Env } from "../src/config.ts";
import { ENVELOPES } from "../src/task/envelope.ts";
import { readHosts } from "../src/task/hosts.ts";
import { type Amounts, amountsWords } from "../src/text/budget.ts";
import { type LedgerView, readLedger } from "../src/views/ledger.ts";
import { table } from "./table.ts";
import { withRedis } from "./with-redis.ts";

/** Exit code 0, also when nothing is limited. */
export async function budget(env: Env, json: boolean): Promise<number> {
  const view = await withRedis(env, "budget", async (redis) => {
    const now = Date.now();
    return await readLedger(redis, await readHosts(redis, now), now);
  });
  if (json) process.stdout.write(`${JSON.stringify(view)}\n`);
  else print(view);
  return 0;
}

const HEADING = ["ENVELOPE", "OF", "SPENT", "SET ASIDE", "LIMIT", "LEFT"];

function print({ day, caps, envelopes, reserves }: LedgerView): void {
  const width = process.stdout.isTTY ? process.stdout.columns || 80 : undefined;
  const inOrder = envelopes.toSorted((one, other) => ENVELOPES.indexOf(other.of) - ENVELOPES.indexOf(one.of));
  const rows = [
    ...inOrder.map(({ of, label, spent, reserved, limit, left }) => [
      of,
      label,
      ...[spent, reserved, limit, left].map(words),
    ]),
    ...reserves.map(({ task, amounts }) => ["run", task, "", words(amounts), "", ""]),
  ];
  if (rows.length > 0) process.stdout.write(`${table(HEADING, rows, width).join("\n")}\n`);
  const limits = Object.entries(caps).map(([name, amounts]) => `${name} ${words(amounts ?? {})}`);
  const said =
    limits.length > 0
      ? `Limits: ${limits.join("; ")}.`
      : "No living worker host limits anything: see `budget` in docs/configuration.md.";
  process.stderr.write(`${said} Days are by UTC; today is ${day}.\n`);
}

const words = (amounts: Amounts): string => amountsWords(amounts) || "-";
