/** A review was submitted, or a comment was written on, or deleted from, a line of a pull request's changes. */
import type { CancelDeps } from "../cancel.ts";
import type { Delivery } from "../ingress/ingress.ts";
import type { ReviewCommentPayload, ReviewPayload } from "../ingress/payloads.ts";
import { issueNameOf, requestNameOf } from "../intake/request.ts";
import { takeBack } from "../intake/take-in.ts";
import { type AskDeps, hearWritten } from "./written.ts";

/** Characters of the changes around a comment; GitHub cuts a hunk at its end, so what is commented on comes last. */
const MAX_HUNK = 4_000;
/** As long as a path may be on Linux. */
const MAX_PATH = 4_096;

export const onReviewSubmitted =
  (deps: AskDeps) =>
  async ({ review, ...event }: ReviewPayload, delivery: Delivery): Promise<void> => {
    const { id, html_url: url, body, submitted_at: at } = review;
    const source = { kind: "review" as const, id, url };
    await hearWritten(deps, { ...placeOf(event), source, body, at }, delivery);
  };

export const onReviewCommentCreated =
  (deps: AskDeps) =>
  async ({ comment, ...event }: ReviewCommentPayload, delivery: Delivery): Promise<void> => {
    const { body, created_at: at } = comment;
    const written = { ...placeOf(event), source: sourceOf(comment), about: aboutOf(comment), body, at };
    await hearWritten(deps, written, delivery);
  };

/** Its text may have been edited since, as with any comment; nothing is known of one that had no command. */
export const onReviewCommentDeleted =
  (deps: AskDeps & CancelDeps) =>
  async ({ comment, repository, pull_request, sender }: ReviewCommentPayload): Promise<void> => {
    const name = requestNameOf(repository.id, sourceOf(comment));
    await deps.inbox.deleted(name, sender.login, { known: true });
    await takeBack(deps, { issue: issueNameOf(repository.id, pull_request.number), name }, sender.login);
  };

const placeOf = ({ installation, repository, sender, pull_request }: Omit<ReviewPayload, "review">) => ({
  installationId: installation.id,
  repository,
  sender,
  number: pull_request.number,
  on: "pull" as const,
});

type Comment = ReviewCommentPayload["comment"];

const sourceOf = ({ id, html_url: url }: Comment) => ({ kind: "review_comment" as const, id, url });

/** What the comment is about; its thread is that of the comment that began it. */
function aboutOf({ id, path, diff_hunk, line, original_line, in_reply_to_id }: Comment) {
  const at = line ?? original_line;
  return {
    thread: in_reply_to_id ?? id,
    path: path.slice(0, MAX_PATH),
    ...(at != null && { line: at }),
    hunk: diff_hunk.slice(-MAX_HUNK),
  };
}
