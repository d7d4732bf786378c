/** What an error that ends a run says of it: whose fault it is, whether trying again may help, and what people are told. */
import { Refusal } from "../../src/refusal.ts";
import { NotCurrent } from "../bot-client.ts";
import { isDiskFull } from "../disk/free-space.ts";
import { CollectFailed } from "../publish/collect-failed.ts";
import { StillFailing } from "../still-failing.ts";
import {
  AccessDenied,
  BranchGone,
  BranchUnusable,
  RepositoryArchived,
  RepositoryGone,
  TooLarge,
} from "../workspace/git-errors.ts";
import type { Ended } from "./clear-up.ts";
import type { Run } from "./run.ts";

/** What the time was waited for in vain, where that is known. */
export const obstacleIn = (error: unknown): { obstacle?: string } =>
  error instanceof StillFailing ? { obstacle: error.message.slice(0, 500) } : {};

/** Errors that trying again cannot mend. */
export function isFinal(error: unknown): boolean {
  return refusalOf(error) !== undefined || error instanceof NotCurrent;
}

/** The sentence for the person, when it is their repository and not our host that stands in the way. */
function refusalOf(error: unknown): string | undefined {
  const kinds = [Refusal, BranchGone, BranchUnusable, RepositoryGone, RepositoryArchived, AccessDenied, TooLarge];
  return kinds.some((kind) => error instanceof kind) ? (error as Error).message : undefined;
}

/** `told`: the record is not this run's any more, and nothing is left to say. */
export function outcomeOfError(run: Run, error: unknown): Ended {
  if (error instanceof NotCurrent) return "told";
  if (error instanceof CollectFailed) {
    run.log.warn({ detail: error.detail }, "the agent's commits cannot be taken");
    return { kind: "agent_failed", reason: "crash", message: error.message, lastLines: run.spoken.lastLines() };
  }
  const reason = refusalOf(error);
  if (reason !== undefined) return { kind: "refused", reason };
  run.log.error({ err: error }, "the host failed at this run");
  if (isDiskFull(error)) return { kind: "host_error", message: "The disk of the worker host is full." };
  const message = error instanceof Error ? error.message.slice(0, 500) : "unknown error";
  return { kind: "host_error", message };
}
