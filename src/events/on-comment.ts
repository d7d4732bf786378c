/** A comment was written or deleted under an issue or a pull request. */
import type { CancelDeps } from "../cancel.ts";
import { mayHoldCommand } from "../command/command.ts";
import type { Delivery } from "../ingress/ingress.ts";
import type { CommentPayload } from "../ingress/payloads.ts";
import { issueNameOf, requestNameOf } from "../intake/request.ts";
import { takeBack } from "../intake/take-in.ts";
import { type AskDeps, hearWritten } from "./written.ts";

export const onCommentCreated =
  (deps: AskDeps) =>
  async (event: CommentPayload, delivery: Delivery): Promise<void> => {
    const { comment, issue, repository, sender } = event;
    if (comment.performed_via_github_app) return;
    const written = {
      installationId: event.installation.id,
      repository,
      number: issue.number,
      on: issue.pull_request ? ("pull" as const) : ("issue" as const),
      source: sourceOf(comment),
      sender,
      body: comment.body,
      at: comment.created_at,
    };
    await hearWritten(deps, written, delivery);
  };

export const onCommentDeleted =
  (deps: AskDeps & CancelDeps) =>
  async ({ comment, issue, repository, sender }: CommentPayload): Promise<void> => {
    const name = requestNameOf(repository.id, sourceOf(comment));
    // Its text may have been edited since, so a text without a command says nothing about what was asked for.
    const known = !mayHoldCommand(comment.body);
    // First the inbox: intake looks there once more when it has created the comment's tasks.
    await deps.inbox.deleted(name, sender.login, { known });
    await takeBack(deps, { issue: issueNameOf(repository.id, issue.number), name }, sender.login);
  };

export const sourceOf = ({ id, html_url: url }: Pick<CommentPayload["comment"], "id" | "html_url">) => ({
  kind: "comment" as const,
  id,
  url,
});
