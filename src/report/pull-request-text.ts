/** A draft pull request's title and text, as pure functions. */
import { type Pushed, progressOf, type Task } from "../task/task.ts";
import { code, fence, title } from "../text/quote.ts";
import { askedBy } from "../words/origin-words.ts";
import {
  agentFact,
  asked,
  changesFact,
  networkFact,
  type Surroundings,
  sandboxWarning,
  usageFact,
  verificationFact,
} from "./facts.ts";
import { publishText, publishTitle } from "./publish-text.ts";

/** The issue's own title, so that lists of issues and pull requests read alike. */
export function pullRequestTitle({ spec }: Task): string {
  return publishTitle(title(spec.title), `Orch task ${spec.id}`);
}

export function pullRequestBody(task: Task, pushed: Pushed, { webUrl }: Pick<Surroundings, "webUrl">): string {
  const { spec } = task;
  const progress = progressOf(task);
  const list = [
    changesFact(pushed),
    verificationFact(task),
    agentFact(progress),
    networkFact(progress),
    usageFact(progress),
  ]
    .filter((fact) => fact !== undefined)
    .map((fact) => `- ${fact}`)
    .join("\n");
  const words = fence(progress.lastLines ?? "");
  const parts = [
    askedBy(spec, webUrl, spec.number),
    asked(spec),
    // The one closing keyword is ours and deliberate; the agent's own are broken by `quote.ts`.
    spec.target.kind === "issue" ? `Fixes #${spec.number}` : movedBranch(pushed),
    `### Evidence\n\n${list}`,
    words && `### The agent's last words\n\n${words}`,
    sandboxWarning(progress),
    `This pull request is a draft by policy: a person reviews it and marks it ready. <sub>Task \`${spec.id}\`</sub>`,
  ];
  return publishText(parts.filter((part) => part !== undefined).join("\n\n"));
}

function movedBranch({ insteadOf }: Pushed): string | undefined {
  return insteadOf === undefined
    ? undefined
    : `${code(insteadOf)} had moved on while the agent worked. Nothing on it was overwritten; the work is here instead.`;
}
