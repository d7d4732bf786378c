/**
 * What a worker host may ask the bot over HTTP, and what it hears. Both sides read this file, so they cannot drift apart.
 *
 * Every request carries `Authorization: Bearer <WORKER_SECRET>` and names a task and the epoch of the asking run; the
 * bot answers only for the current run. A refusal is `{error: {code, message}}`; its status says whether to ask again:
 * 503 not now, also where the task's record is in doubt · 401 wrong secret · 409 this run is not the current one · 400, 403, 404, 410 never.
 */
import { z } from "zod";
import { stoppedShape } from "./stopped-shape.ts";
import { isTaskId } from "./task-id.ts";

export const TOKENS_PATH = "/workers/tokens";
export const CONTEXT_PATH = "/workers/context";
export const PUSHED_PATH = "/workers/pushed";

const runIdentity = {
  taskId: z.string().refine(isTaskId, "taskId is not a task id"),
  epoch: z.number().int().positive(),
};

/** `fetch` reads the repository; `push` writes to it: only while the run publishes, after the actor's permission was asked again. */
export const tokenRequestSchema = z.object({ ...runIdentity, purpose: z.enum(["fetch", "push"]) });
export type TokenRequest = z.output<typeof tokenRequestSchema>;
export type TokenPurpose = TokenRequest["purpose"];

export const tokenResponseSchema = z.object({
  /** Installation token for this one repository: never to be stored, logged or put into an argument or URL. */
  token: z.string().min(1),
  /** ISO 8601; an hour at most. */
  expiresAt: z.string(),
  /** Without credentials. */
  cloneUrl: z.url(),
  /** The App's own user: author of the commits that are pushed. */
  bot: z.object({ login: z.string(), id: z.number().int() }),
  /**
   * For `fetch`: where the task's default branch and the branch it starts from stood when the token was made, branch ->
   * full commit id. A branch that GitHub does not show is left out, and all of it when GitHub did not say. Only ever to be
   * compared with what was fetched: what it names may not be in a mirror.
   */
  tips: z.record(z.string(), z.string()).optional(),
  /** For `push`: auto-merge is on for the pull request, so whatever its branch gets could be merged without a review. */
  autoMerge: z.literal(true).optional(),
});
export type TokenResponse = z.output<typeof tokenResponseSchema>;

export const contextRequestSchema = z.object(runIdentity);

const written = z.object({ login: z.string(), body: z.string(), /** ISO 8601 */ at: z.string() });

/**
 * What stands on GitHub around the command. Hostile text, even though its authors may write to the repository: people with write
 * permission, who wrote and last edited it before the command. Lists are in the order in which they were written.
 */
export const contextResponseSchema = z.object({
  title: z.string(),
  /** The description; empty when it is left out. */
  body: z.string(),
  /** True when there is a description, but its author may not write here. */
  bodyWithheld: z.boolean(),
  /** The newest 50. */
  comments: z.array(written),
  /** What they said of the pull request as a whole; `state`: GitHub's word, such as CHANGES_REQUESTED. */
  reviews: z.array(written.extend({ state: z.string() })).default([]),
  /** What they said of its lines, in threads that nobody has settled. `line`: of the file as it is now, where it still is there. */
  threads: z
    .array(
      z.object({
        path: z.string(),
        line: z.number().optional(),
        outdated: z.boolean(),
        /** The changes around the line, which comes last. */
        hunk: z.string(),
        comments: z.array(written),
      }),
    )
    .default([]),
  /** What fails on the pull request's commit. */
  failingChecks: z.array(z.object({ name: z.string(), summary: z.string() })).default([]),
});
export type ContextResponse = z.output<typeof contextResponseSchema>;

export const pushedRequestSchema = z.object(runIdentity);

/** The task's work, if a branch of its own has it on GitHub already. */
export const pushedResponseSchema = z.object({
  pushed: z
    .object({
      branch: z.string().min(1),
      sha: z.string().regex(/^[0-9a-f]{40,64}$/),
      base: z.string().min(1),
      files: z.number().int(),
      additions: z.number().int(),
      deletions: z.number().int(),
      commits: z.number().int(),
      insteadOf: z.string().optional(),
      stopped: stoppedShape.optional(),
    })
    .optional(),
});
export type PushedResponse = z.output<typeof pushedResponseSchema>;

export const REFUSAL_CODES = [
  "bad_request",
  "unauthorized",
  /** The task is over, or another run has it. */
  "not_current",
  /** A token that can push, for a run that does not publish: nothing but a host that is not ours asks so early. */
  "not_publishing",
  /** The actor may not write there any more. */
  "permission_revoked",
  /** There is not one commit to start from. */
  "empty_repository",
  /** The task's branch is the repository's default branch by now. */
  "default_branch",
  /** Auto-merge is on for the pull request. */
  "auto_merge",
  /** A branch `orch` leaves no room for branches below it. */
  "branch_in_the_way",
  /** The installation has not what publishing needs. */
  "permission_missing",
  /** A rule of the repository would refuse the push. */
  "branch_rules",
  "repository_gone",
  "installation_gone",
  "archived",
  /** GitHub or Redis does not answer, or asks us to wait. */
  "unavailable",
] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

export const REFUSAL_STATUS: Readonly<Record<RefusalCode, number>> = {
  bad_request: 400,
  unauthorized: 401,
  not_current: 409,
  not_publishing: 403,
  permission_revoked: 403,
  empty_repository: 409,
  default_branch: 403,
  auto_merge: 403,
  branch_in_the_way: 403,
  permission_missing: 403,
  branch_rules: 403,
  repository_gone: 404,
  installation_gone: 410,
  archived: 403,
  unavailable: 503,
};

/** `message` is a sentence for the person who gave the command. `retryAfterMs`: not to be asked again before, at most an hour. */
export const errorResponseSchema = z.object({
  error: z.object({
    code: z.enum(REFUSAL_CODES),
    message: z.string(),
    retryAfterMs: z.number().min(0).max(3600_000).optional(),
  }),
});
export type ErrorResponse = z.output<typeof errorResponseSchema>;
