/**
 * What we read of GitHub's payloads: our own small types, so that fields which GitHub adds or drops elsewhere cannot
 * matter. https://docs.github.com/en/webhooks/webhook-events-and-payloads
 */
import { z } from "zod";

const id = z.number().int().positive();
const login = z.string().min(1).max(100);
const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

const sender = z.object({ id, login, type: z.string() });
const installation = z.object({ id });

/** Owner and name become parts of paths and URLs: only what GitHub allows in them. */
const repositoryName = z.string().regex(/^(?!\.{1,2}$)[\w.-]{1,100}$/);
const ownerName = z.string().regex(/^[A-Za-z0-9][\w-]{0,99}$/);

const repository = z
  .object({
    id,
    name: repositoryName,
    owner: z.object({ login: ownerName }),
    default_branch: z.string().min(1).max(255),
  })
  .transform(({ id, name, owner, default_branch }) => ({
    id,
    owner: owner.login,
    name,
    defaultBranch: default_branch,
  }));

/**
 * Of what an App wrote in a person's name: null of what the person wrote. Of reviews and of pull requests GitHub does not tell.
 * https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/identifying-and-authorizing-users-for-github-apps
 */
const viaApp = z.unknown().optional();

export const commentPayload = z.object({
  installation,
  repository,
  sender,
  issue: z.object({ number: id, pull_request: z.unknown().optional() }),
  comment: z.object({
    id,
    html_url: z.url(),
    body: z.string(),
    created_at: time,
    performed_via_github_app: viaApp,
  }),
});
export type CommentPayload = z.output<typeof commentPayload>;

const body = z
  .string()
  .nullish()
  .transform((text) => text ?? "");

export const issueOpenedPayload = z.object({
  installation,
  repository,
  sender,
  issue: z.object({ number: id, html_url: z.url(), body, created_at: time, performed_via_github_app: viaApp }),
});
export type IssueOpenedPayload = z.output<typeof issueOpenedPayload>;

const labeled = z.object({ number: id, title: z.string(), body, updated_at: time });
const label = z.object({ name: z.string() });

export const issueLabeledPayload = z.object({ installation, repository, sender, issue: labeled, label });
export type IssueLabeledPayload = z.output<typeof issueLabeledPayload>;

export const pullRequestLabeledPayload = z.object({ installation, repository, sender, pull_request: labeled, label });
export type PullRequestLabeledPayload = z.output<typeof pullRequestLabeledPayload>;

/** Which task a check run is of. Other Apps' check runs are none of ours; GitHub tells each App of its own only. */
const checkRun = z.object({ external_id: z.string().max(100).nullish(), head_sha: z.string().max(64) });

export const checkRunPayload = z.object({
  installation,
  repository,
  sender,
  check_run: checkRun,
  /** The button that was pressed, where one was. */
  requested_action: z.object({ identifier: z.string().max(20) }).nullish(),
});
export type CheckRunPayload = z.output<typeof checkRunPayload>;

export const checkSuitePayload = z.object({
  installation,
  repository,
  sender,
  check_suite: z.object({ head_sha: z.string().max(64) }),
});
export type CheckSuitePayload = z.output<typeof checkSuitePayload>;

export const checkSuiteCompletedPayload = z.object({
  repository,
  check_suite: z.object({
    id,
    head_sha: z.string().max(64),
    head_branch: z.string().nullish(),
    conclusion: z.string().nullish(),
    app: z.object({ id }).nullish(),
    updated_at: time,
    /** Those of the repository's own branches whose newest commit it is. */
    pull_requests: z.array(z.object({ number: id, head: z.object({ sha: z.string().max(64) }) })).default([]),
  }),
});
export type CheckSuiteCompletedPayload = z.output<typeof checkSuiteCompletedPayload>;

/** What hangs on a pull request says less of it than its own events do. */
const pullRequest = z.object({ number: id });

export const reviewPayload = z.object({
  installation,
  repository,
  sender,
  pull_request: pullRequest,
  review: z.object({ id, html_url: z.url(), body, submitted_at: time }),
});
export type ReviewPayload = z.output<typeof reviewPayload>;

export const reviewCommentPayload = z.object({
  installation,
  repository,
  sender,
  pull_request: pullRequest,
  comment: z.object({
    id,
    html_url: z.url(),
    body: z.string(),
    created_at: time,
    path: z.string(),
    diff_hunk: z.string(),
    /** Null where the line is not part of the changes any more. */
    line: id.nullish(),
    original_line: id.nullish(),
    /** The comment that begins its thread, where it is not itself. */
    in_reply_to_id: id.optional(),
  }),
});
export type ReviewCommentPayload = z.output<typeof reviewCommentPayload>;

export const issuePayload = z.object({
  installation,
  repository,
  sender,
  issue: z.object({ number: id, closed_at: time.nullish() }),
});
export type IssuePayload = z.output<typeof issuePayload>;

export const issueMovedPayload = z.object({
  installation,
  repository,
  sender,
  issue: z.object({ number: id }),
  changes: z.object({ new_issue: z.object({ number: id }), new_repository: repository }),
});
export type IssueMovedPayload = z.output<typeof issueMovedPayload>;

export const pullRequestPayload = z.object({
  installation,
  repository,
  sender,
  pull_request: z.object({
    number: id,
    html_url: z.url(),
    body,
    created_at: time,
    updated_at: time,
    closed_at: time.nullish(),
    merged_at: time.nullish(),
    draft: z.boolean().optional(),
    head: z.object({ ref: z.string(), sha: z.string().max(64), repo: z.object({ id }).nullable() }),
  }),
});
export type PullRequestPayload = z.output<typeof pullRequestPayload>;

export const repositoryPayload = z.object({ installation, repository });
export type RepositoryPayload = z.output<typeof repositoryPayload>;

/** `changes.default_branch`: there where another branch is the default now. */
export const repositoryEditedPayload = z.object({
  installation,
  repository,
  changes: z.object({ default_branch: z.object({ from: z.string() }).optional() }).optional(),
});
export type RepositoryEditedPayload = z.output<typeof repositoryEditedPayload>;

const paths = z.array(z.string());

/** Files are named as far as GitHub names them. */
export const pushPayload = z.object({
  installation,
  repository,
  ref: z.string(),
  after: z.string().regex(/^[0-9a-f]{40,64}$/),
  created: z.boolean(),
  deleted: z.boolean(),
  forced: z.boolean(),
  commits: z.array(z.object({ added: paths, modified: paths, removed: paths })),
});
export type PushPayload = z.output<typeof pushPayload>;

export const installationPayload = z.object({ installation });
export type InstallationPayload = z.output<typeof installationPayload>;

export const removedRepositoriesPayload = z.object({
  installation,
  repositories_removed: z.array(z.object({ id })),
});
export type RemovedRepositoriesPayload = z.output<typeof removedRepositoriesPayload>;

const gained = z.array(z.object({ id, name: repositoryName })).optional();

/** Repositories that an installation was made with, or was given since; all are its account's. */
export const gainedRepositoriesPayload = z
  .object({
    installation: z.object({ id, account: z.object({ login: ownerName }) }),
    repositories: gained,
    repositories_added: gained,
  })
  .transform(({ installation: { account, ...installation }, repositories = [], repositories_added = [] }) => ({
    installation,
    gained: [...repositories, ...repositories_added].map((each) => ({ ...each, owner: account.login })),
  }));
export type GainedRepositoriesPayload = z.output<typeof gainedRepositoriesPayload>;
