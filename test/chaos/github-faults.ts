/** What goes wrong at GitHub for a moment: refusals, cut connections, lost, missing and slow answers, in its API and in git. */
import { setTimeout as delay } from "node:timers/promises";
import type { ApiFault, ApiFaultAction } from "../../simulator/faults.ts";
import type { Orch } from "../support/orch.ts";
import type { Random } from "../support/random.ts";
import type { Tally } from "./tally.ts";

const ACTIONS: readonly [string, ApiFaultAction][] = [
  ["502", { status: 502 }],
  ["503", { status: 503 }],
  ["reset", "reset"],
  ["answer lost", "lost"],
  ["hangs", "hang"],
  ["slow", { slowMs: 3_000 }],
];

const PLACES: readonly [string, NonNullable<ApiFault["match"]>][] = [
  ["API reads", { method: "GET", path: /^\/(repos|app|installation)\b(?!.*\/info\/refs$)/ }],
  ["API changes", { method: "POST", path: /^\/repos\/.*\/(comments|labels|pulls|reactions|check-runs)$/ }],
  ["API edits", { method: "PATCH", path: /^\/repos\// }],
  ["tokens", { method: "POST", path: /\/access_tokens$/ }],
  ["GraphQL", { method: "POST", path: /\/graphql$/ }],
  ["git, refs", { path: /\/info\/refs$/ }],
  ["git, fetch", { path: /\/git-upload-pack$/ }],
  ["git, push", { path: /\/git-receive-pack$/ }],
];

/** A rule that nothing has met by then is taken back. */
const LONGEST_MS = 6_000;

/** Arms one at random; resolves when it is over. Only what really fired counts. */
export async function failAtGitHub({ simulator }: Orch, random: Random, tally: Tally): Promise<void> {
  const [[what, action], [where, match], some] = [random.pick(ACTIONS), random.pick(PLACES), 1 + random.below(3)];
  const times = action === "hang" ? 1 : some;
  const fault = simulator.faults.api({ times, match, action });
  const isOver = new AbortController();
  await Promise.race([fault.firing, delay(LONGEST_MS, undefined, isOver)]);
  // The others of it, which come when whoever met the first tries again.
  if (fault.fired > 0 && fault.fired < times) await delay(LONGEST_MS / 2);
  isOver.abort();
  fault.cancel();
  tally.add(`GitHub: ${where}: ${what}`, fault.fired);
}
