/** What the bot says about an agent that failed and about a deadline that passed: whose failure it is, and what is known of its cause. */
import type { Deadline } from "../task/outcome.ts";
import { duration } from "../text/amounts.ts";
import type { Quoting } from "../text/quote.ts";
import type { OutcomeView } from "../views/outcome-view.ts";
import { waitedInVain } from "./waiting-words.ts";

type TimedOut = Extract<OutcomeView, { kind: "timed_out" }>;

/** Which deadline passed, what stood in the way, and what became of the work. */
export function timedOut(outcome: TimedOut, quoting: Quoting): string {
  return [missed(outcome, quoting), ...lastCause(outcome, quoting), notPublished(outcome)].join(" ");
}

/** Whose failure it is, by the adapter's reason. An unknown reason is told as the agent's. */
export function agentFault(reason: string): string {
  return agentFaults.get(reason) ?? "The agent stopped with an error";
}

const agentFaults: ReadonlyMap<string, string> = new Map([
  ["auth", "The agent could not sign in to its model provider"],
  ["credit", "The account of the agent's model provider has no credit left"],
  ["model", "The agent's model provider does not know the model that was asked for"],
  ["unreachable", "The agent could not reach its model provider"],
  ["usage_limit", "The agent's account has used up what its model provider grants it for now"],
  ["bad_request", "The agent's model provider refused a request as invalid"],
  ["config", "The agent is not set up correctly on the worker host"],
  ["rate_limit", "The agent's model provider takes no more requests for now"],
  ["server", "The agent's model provider had an outage"],
  ["denied", "The agent was not allowed to do something that it needed"],
  ["interrupted", "Something outside of Orch stopped the agent"],
  ["crash", "The agent failed"],
  ["disk", "There was no room left on the disk for what the task wrote"],
  ["conflict", "The agent's work does not fit what others of its team have done"],
  ["scope_exceeded", "The agent changed files that are not its part of the plan"],
  ["setup", "The repository's setup command failed before the agent started"],
]);

function missed({ deadline, afterMs, waitedFor = [] }: TimedOut, quoting: Quoting): string {
  return deadline === "waiting"
    ? waitedInVain(waitedFor, afterMs, quoting)
    : deadlineWords[deadline](duration(afterMs));
}

const notPublished = ({ deadline }: TimedOut): string =>
  deadline === "publishing" ? "The work is done, but it is not published." : "Nothing was published.";

/** An agent that is stopped while it waits for its provider has not been too slow; nor has GitHub answered while it was away. */
function lastCause({ cause, obstacle }: TimedOut, { plain }: Quoting): string[] {
  if (obstacle !== undefined) return [`What stood in the way until the end: ${asSentence(plain(obstacle))}`];
  if (!cause) return [];
  const fault = agentFaults.get(cause.reason) ?? "The last thing it reported was an error";
  return [
    `What is known of the cause: ${fault.charAt(0).toLowerCase()}${fault.slice(1)}: ${asSentence(plain(cause.message))}`,
  ];
}

const deadlineWords: Record<Exclude<Deadline, "waiting">, (after: string) => string> = {
  queued: (after) => `No worker host took the task within ${after}; that is our fault, not your request's.`,
  preparing: (after) =>
    `The worker host could not prepare the workspace within ${after}; that is our fault, not your request's.`,
  setup: (after) => `The repository's setup command did not end within ${after}, so it was stopped.`,
  first_output: (after) => `The agent printed nothing after its start and did no work for ${after}, so it was stopped.`,
  silence: (after) => `The agent printed nothing and did no work for ${after}, so it was stopped.`,
  total: (after) => `The agent was not done after ${after}, so it was stopped.`,
  verifying: (after) => `The verify command did not end within ${after}, so it was stopped.`,
  publishing: (after) => `The commits could not be published within ${after}; that is our fault, not your request's.`,
};

/** Closed by a full stop where nothing closes it. */
export function asSentence(words: string): string {
  return /[.!?…]$/.test(words) ? words : `${words}.`;
}
