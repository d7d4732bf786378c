/** A comment was written or deleted under an issue or a pull request. Edits never count. */

import type { CancelDeps } from "../cancel.ts";
import { mayHoldCommand } from "../command/command.ts";
import { readCommands } from "../command/read-commands.ts";
import type { Delivery } from "../ingress/ingress.ts";
import type { CommentPayload } from "../ingress/payloads.ts";
import type { Inbox } from "../intake/inbox.ts";
import { issueNameOf, requestNameOf } from "../intake/request.ts";
import { takeBack } from "../intake/take-in.ts";

export type CommentDeps = CancelDeps & { inbox: Inbox; wakeIntake: () => void };

/** GitHub redelivers for three days; what is older is a replay, maybe of something that the ledger has forgotten. */
const TOO_OLD_MS = 7 * 24 * 3600_000;

export const onCommentCreated =
  ({ inbox, wakeIntake, now, log }: CommentDeps) =>
  async (event: CommentPayload, delivery: Delivery): Promise<void> => {
    const { comment, issue, repository, sender } = event;
    if (sender.type !== "User" || comment.performed_via_github_app) return;
    if (!mayHoldCommand(comment.body)) return;
    const receivedAt = now();
    if (receivedAt - comment.created_at > TOO_OLD_MS) return;
    const commands = await readCommands(comment.body);
    if (commands.length === 0) return;
    const isNew = await inbox.record({
      installationId: event.installation.id,
      repository,
      number: issue.number,
      on: issue.pull_request ? "pull" : "issue",
      source: { kind: "comment", id: comment.id, url: comment.html_url },
      actor: { id: sender.id, login: sender.login },
      commands,
      requestedAt: comment.created_at,
      receivedAt,
      delivery: delivery.id,
    });
    const place = { repo: `${repository.owner}/${repository.name}`, issue: issue.number, comment: comment.id };
    log.info({ delivery: delivery.id, ...place, commands: commands.length }, isNew ? "commands received" : "known");
    wakeIntake();
  };

export const onCommentDeleted =
  (deps: CommentDeps) =>
  async ({ comment, issue, repository, sender }: CommentPayload): Promise<void> => {
    const name = requestNameOf(repository.id, { kind: "comment", id: comment.id, url: comment.html_url });
    // Its text may have been edited since, so a text without a command says nothing about what was asked for.
    const known = !mayHoldCommand(comment.body);
    // First the inbox: intake looks there once more when it has created the comment's tasks.
    await deps.inbox.deleted(name, sender.login, { known });
    await takeBack(deps, { issue: issueNameOf(repository.id, issue.number), name }, sender.login);
  };
