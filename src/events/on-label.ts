/**
 * A label was set that asks for something. Whoever sets it vouches for title and description as they stand in the signed event:
 * these are the request, later edits are not read.
 */
import type { Command } from "../command/command.ts";
import { detailsOf } from "../command/details.ts";
import type { Delivery } from "../ingress/ingress.ts";
import type { IssueLabeledPayload, PullRequestLabeledPayload } from "../ingress/payloads.ts";
import { type AskingLabels, askedByLabel } from "../task/labels.ts";
import { oneLine } from "../text/bound.ts";
import { type AskDeps, ask, isTooOld } from "./written.ts";

export type LabelDeps = AskDeps & { labels: AskingLabels };

export const onIssueLabeled =
  (deps: LabelDeps) =>
  async ({ issue, ...event }: IssueLabeledPayload, delivery: Delivery): Promise<void> =>
    await hear(deps, { ...event, on: "issue", labeled: issue }, delivery);

export const onPullRequestLabeled =
  (deps: LabelDeps) =>
  async ({ pull_request, ...event }: PullRequestLabeledPayload, delivery: Delivery): Promise<void> =>
    await hear(deps, { ...event, on: "pull", labeled: pull_request }, delivery);

type Labeled = Omit<IssueLabeledPayload, "issue"> & { on: "issue" | "pull"; labeled: IssueLabeledPayload["issue"] };

async function hear(deps: LabelDeps, { on, labeled, label, ...event }: Labeled, delivery: Delivery): Promise<void> {
  const what = askedByLabel(deps.labels, label.name);
  const { installation, repository, sender } = event;
  // GitHub says when with every change of an issue, and setting a label is one.
  const { number, updated_at: requestedAt } = labeled;
  if (!what || sender.type !== "User" || isTooOld(deps, requestedAt)) return;
  const request = {
    installationId: installation.id,
    repository,
    number,
    on,
    source: { kind: "label" as const, digest: delivery.digest(), label: label.name },
    label: label.name,
    ...((what === "run" || what === "team") && { vouchedFor: true }),
    commands: [{ line: 0, ...commandOf(what, labeled) }],
    requestedAt,
  };
  await ask(deps, request, sender, delivery);
}

type WithoutLine<T> = T extends unknown ? Omit<T, "line"> : never;

function commandOf(what: keyof AskingLabels, { title, body }: Labeled["labeled"]): WithoutLine<Command> {
  if (what === "review") return { kind: what, words: "" };
  if (what !== "run" && what !== "team") return { kind: what };
  const [said, below] = [oneLine(title, MAX_TITLE), detailsOf(body.split(/\r\n|\n|\r/))];
  return what === "run" ? { kind: "task", instruction: said, ...below } : { kind: "team", words: said, ...below };
}

/** GitHub's own bound, in characters. */
const MAX_TITLE = 256;
