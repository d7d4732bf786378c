/** What the bot says of a review: in the task's own comment, and on the pull request, line by line. Pure. */
import { type Finding, type HandedOn, MAX_ROUNDS, type Review, SEVERITIES } from "../task/review.ts";
import { count } from "../text/amounts.ts";
import { visibleText } from "../text/clean.ts";
import { fenced } from "../text/fenced.ts";
import { isActedUpon } from "../text/inert.ts";
import { prose } from "../text/prose.ts";
import { code, fence, type Quoting } from "../text/quote.ts";
import { redact } from "../text/secret-patterns.ts";
import type { OutcomeView } from "../views/outcome-view.ts";

type Reviewed = Extract<OutcomeView, { kind: "reviewed" }>;

/** What happens next while the agent reads. */
export const REVIEWS =
  "The agent only reads, and changes nothing. What it finds is posted as one review on this pull request.";

export const reviewHeadline = ({ findings }: Pick<Reviewed, "findings">): string =>
  `Reviewed: ${findings === 0 ? "no findings" : count(findings, "finding")}`;

export function reviewed({ findings, sha, handedOn }: Reviewed, quoting: Quoting): string {
  const upTo = `the changes up to ${quoting.code(sha.slice(0, 7))}`;
  const what =
    findings === 0
      ? `The agent has read ${upTo} and found nothing to report.`
      : `The agent has read ${upTo} and handed in ${count(findings, "finding")}, which ${findings === 1 ? "stands" : "stand"} in its review of this pull request.`;
  return handedOn ? `${what} ${whereTheyWent(handedOn, quoting)}` : what;
}

function whereTheyWent(handedOn: HandedOn, { code, plain }: Quoting): string {
  switch (handedOn.kind) {
    case "handed":
      return `They were handed to the agent that wrote these changes: task ${code(handedOn.task)}, round ${handedOn.round} of ${MAX_ROUNDS}.`;
    case "over":
      return `They were not handed to the agent that wrote these changes: that is done ${handedOn.rounds === 1 ? "once" : `${handedOn.rounds} times`} at most.`;
    case "not_handed":
      return `They could not be handed to the agent that wrote these changes: ${plain(handedOn.reason)}`;
  }
}

/** What to do about it. */
export function afterReview({ findings, handedOn }: Reviewed, { code }: Quoting): string {
  if (handedOn?.kind === "handed")
    return `When task ${code(handedOn.task)} has mended them, the changes are reviewed again. \`/orch cancel\` stops that.`;
  if (findings === 0) return "Review it yourself: an agent's review approves nothing.";
  return `Judge the findings. \`/orch\` and a request in your own words has an agent mend what you want mended.`;
}

/** How often each severity was found, worst first. */
function severities(findings: readonly Finding[]): string {
  const counts = SEVERITIES.map((severity) => [findings.filter((each) => each.severity === severity).length, severity]);
  return counts.flatMap(([many, severity]) => (many === 0 ? [] : [`${many} ${severity}`])).join(", ");
}

/** Of the review on the pull request; `by`: the agent and its model. */
export type ReviewText = { task: string; summary?: string | undefined; by?: string | undefined };

/** The text of the review. `inline`: the findings that stand on their lines. */
export function reviewBody(review: Review, inline: readonly Finding[], { task, summary, by }: ReviewText): string {
  const { sha, findings } = review;
  const upTo = `in the changes up to ${code(sha.slice(0, 7))}`;
  const many = findings.length === 0 ? "No findings" : count(findings.length, "finding");
  const rest = findings.filter((finding) => !inline.includes(finding));
  const which = findings.length === 0 ? "" : ` (${severities(findings)})`;
  return [
    `**${many}** ${upTo}${which}.`,
    ...(summary === undefined || summary.trim() === "" ? [] : [prose(summary)]),
    ...(rest.length === 0 || inline.length === 0 ? [] : ["**Not on a line of these changes**"]),
    ...rest.map(inText),
    `<sub>Reviewed by ${by ?? "an agent"}, which was not told how the changes came about. An agent's review approves nothing. Task ${code(task)}</sub>`,
  ].join("\n\n");
}

function inText(finding: Finding): string {
  const { path, line, suggestion } = finding;
  const place = `${code(path, 300)}${line === undefined ? "" : `, line ${line}`}`;
  const more = suggestion === undefined ? "" : `\n\nSuggested:\n\n${fence(suggestion)}`;
  return `**${finding.severity}** · ${place}\n\n${prose(finding.text)}${more}`;
}

/** The comment on the line of a finding. */
export function findingComment({ severity, text, suggestion }: Finding): string {
  const more = suggestion === undefined ? "" : `\n\n${suggestionBlock(suggestion)}`;
  return `**${severity}**: ${prose(text)}${more}`;
}

/** GitHub offers to take it over, unless there is something in it that GitHub would act upon. */
function suggestionBlock(text: string): string | undefined {
  const shown = redact(visibleText(text));
  return isActedUpon(shown) ? fence(shown) : fenced(shown, "suggestion");
}
