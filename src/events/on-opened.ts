/** An issue or a pull request was opened, and its description may ask for something. */
import type { Delivery } from "../ingress/ingress.ts";
import type { IssueOpenedPayload, PullRequestPayload } from "../ingress/payloads.ts";
import { type AskDeps, hearWritten } from "./written.ts";

export const onIssueOpened =
  (deps: AskDeps) =>
  async ({ issue, ...event }: IssueOpenedPayload, delivery: Delivery): Promise<void> => {
    if (issue.performed_via_github_app) return;
    await hearWritten(deps, { ...descriptionOf(issue), ...placeOf(event), on: "issue" }, delivery);
  };

export const onPullRequestDescribed =
  (deps: AskDeps) =>
  ({ pull_request, ...event }: PullRequestPayload, delivery: Delivery): Promise<void> =>
    hearWritten(deps, { ...descriptionOf(pull_request), ...placeOf(event), on: "pull" }, delivery);

type Event = Pick<IssueOpenedPayload, "installation" | "repository" | "sender">;
const placeOf = ({ installation, repository, sender }: Event) => ({
  installationId: installation.id,
  repository,
  sender,
});

type Described = Pick<IssueOpenedPayload["issue"], "number" | "html_url" | "body" | "created_at">;

function descriptionOf({ number, html_url: url, body, created_at: at }: Described) {
  return { number, source: { kind: "body" as const, id: number, url }, body, at };
}
