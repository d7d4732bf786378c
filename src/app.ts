/** The webhook events we hear, one line each. `app.yml` subscribes to exactly these families. */

import type { CancelDeps } from "./cancel.ts";
import {
  onInstallationRemoved,
  onRepositoriesRemoved,
  onRepositoryArchived,
  onRepositoryDeleted,
} from "./events/on-access.ts";
import { type CheckDeps, onCheckButton, onCheckRunRerequested, onCheckSuiteRerequested } from "./events/on-check.ts";
import { onCheckSuiteCompleted } from "./events/on-ci.ts";
import { onIssueClosed, onPullRequestClosed } from "./events/on-closed.ts";
import { onCommentCreated, onCommentDeleted } from "./events/on-comment.ts";
import { type LabelDeps, onIssueLabeled, onPullRequestLabeled } from "./events/on-label.ts";
import {
  onDefaultBranchChanged,
  onIssueTransferred,
  onRepositoriesGained,
  onRepositoryMoved,
} from "./events/on-moved.ts";
import { onConversationUnlocked, onInstallationOpenAgain, onRepositoryOpenAgain } from "./events/on-open-again.ts";
import { onIssueOpened, onPullRequestDescribed } from "./events/on-opened.ts";
import { onPullRequestFate } from "./events/on-pull-fate.ts";
import { onPullRequestHead } from "./events/on-pull-head.ts";
import { onPullRequestOpened } from "./events/on-pull-request.ts";
import { type FileDeps, onAccessChanged, onPush, onRepositoryChanged } from "./events/on-repository-file.ts";
import { onReviewCommentCreated, onReviewCommentDeleted, onReviewSubmitted } from "./events/on-review.ts";
import { type Delivery, type Listeners, listen } from "./ingress/ingress.ts";
import {
  checkRunPayload,
  checkSuiteCompletedPayload,
  checkSuitePayload,
  commentPayload,
  gainedRepositoriesPayload,
  installationPayload,
  issueLabeledPayload,
  issueMovedPayload,
  issueOpenedPayload,
  issuePayload,
  pullRequestLabeledPayload,
  pullRequestPayload,
  pushPayload,
  removedRepositoriesPayload,
  repositoryEditedPayload,
  repositoryPayload,
  reviewCommentPayload,
  reviewPayload,
} from "./ingress/payloads.ts";

/**
 * What may be undone again and does not say when it happened: told late, it would end tasks that were given since. We
 * do not ask GitHub for it; the tasks that are left hear of it when GitHub refuses what they want.
 */
const MOOT_WHEN_LATE = new Set(["installation.suspend", "installation_repositories.removed", "repository.archived"]);

/** Whether an event that GitHub could not deliver is to be delivered again. */
export function isWorthCatchingUp(listeners: Listeners, name: string): boolean {
  return Object.hasOwn(listeners, name) && !MOOT_WHEN_LATE.has(name);
}

export function makeApp(
  deps: LabelDeps & CheckDeps & CancelDeps & FileDeps & { /** Our own. */ appId: number },
): Listeners {
  return {
    "issue_comment.created": listen(commentPayload, onCommentCreated(deps)),
    "issue_comment.deleted": listen(commentPayload, onCommentDeleted(deps)),
    "issues.opened": listen(issueOpenedPayload, onIssueOpened(deps)),
    "issues.labeled": listen(issueLabeledPayload, onIssueLabeled(deps)),
    "issues.closed": listen(issuePayload, onIssueClosed(deps)),
    "issues.deleted": listen(issuePayload, onIssueClosed(deps)),
    "issues.transferred": listen(issueMovedPayload, onIssueTransferred(deps)),
    "pull_request.opened": listen(
      pullRequestPayload,
      both(onPullRequestOpened(deps), onPullRequestDescribed(deps), onPullRequestHead(deps)),
    ),
    "pull_request.synchronize": listen(pullRequestPayload, onPullRequestHead(deps)),
    "pull_request.labeled": listen(pullRequestLabeledPayload, onPullRequestLabeled(deps)),
    "pull_request.reopened": listen(
      pullRequestPayload,
      both(onPullRequestOpened(deps), onPullRequestFate(deps), onPullRequestHead(deps)),
    ),
    "pull_request.closed": listen(pullRequestPayload, both(onPullRequestClosed(deps), onPullRequestFate(deps))),
    "pull_request_review.submitted": listen(reviewPayload, onReviewSubmitted(deps)),
    "pull_request_review_comment.created": listen(reviewCommentPayload, onReviewCommentCreated(deps)),
    "pull_request_review_comment.deleted": listen(reviewCommentPayload, onReviewCommentDeleted(deps)),
    "check_run.rerequested": listen(checkRunPayload, onCheckRunRerequested(deps)),
    "check_run.requested_action": listen(checkRunPayload, onCheckButton(deps)),
    "check_suite.rerequested": listen(checkSuitePayload, onCheckSuiteRerequested(deps)),
    "check_suite.completed": listen(checkSuiteCompletedPayload, onCheckSuiteCompleted(deps)),
    push: listen(pushPayload, onPush(deps)),
    "installation.created": listen(gainedRepositoriesPayload, both(onRepositoriesGained(deps), onAccessChanged(deps))),
    "installation.deleted": listen(installationPayload, both(onInstallationRemoved(deps), onAccessChanged(deps))),
    "installation.suspend": listen(installationPayload, both(onInstallationRemoved(deps), onAccessChanged(deps))),
    "installation_repositories.removed": listen(
      removedRepositoriesPayload,
      both(onRepositoriesRemoved(deps), onAccessChanged(deps)),
    ),
    "repository.archived": listen(repositoryPayload, onRepositoryArchived(deps)),
    "repository.deleted": listen(repositoryPayload, both(onRepositoryDeleted(deps), onAccessChanged(deps))),
    "repository.edited": listen(repositoryEditedPayload, both(onDefaultBranchChanged(deps), onRepositoryChanged(deps))),
    "repository.renamed": listen(repositoryPayload, both(onRepositoryMoved(deps), onRepositoryChanged(deps))),
    "repository.transferred": listen(repositoryPayload, both(onRepositoryMoved(deps), onRepositoryChanged(deps))),
    "repository.unarchived": listen(repositoryPayload, onRepositoryOpenAgain(deps)),
    "installation.unsuspend": listen(installationPayload, both(onInstallationOpenAgain(deps), onAccessChanged(deps))),
    "installation.new_permissions_accepted": listen(
      installationPayload,
      both(onInstallationOpenAgain(deps), onAccessChanged(deps)),
    ),
    "installation_repositories.added": listen(
      gainedRepositoriesPayload,
      both(onRepositoriesGained(deps), onInstallationOpenAgain(deps), onAccessChanged(deps)),
    ),
    "issues.unlocked": listen(issuePayload, onConversationUnlocked(deps)),
  };
}

/** One event that means several things. */
const both =
  <Event>(...hear: ((event: Event, delivery: Delivery) => Promise<void>)[]) =>
  async (event: Event, delivery: Delivery): Promise<void> => {
    for (const each of hear) await each(event, delivery);
  };
