/** What an agent is told that is to propose something before it does it, and later of what a person made of that. Pure. */
import type { Decision, Proposal } from "../../src/task/proposal.ts";
import { keepStart, oneLine } from "../../src/text/bound.ts";
import { fenced } from "../../src/text/fenced.ts";
import { told } from "./prompt-said.ts";

const HAND_IN = `Hand your proposal in by the tool \`finish\` (or \`orch-agent finish\`): a title; in the summary what you would do, in which files, by
their paths, and why so; what you decided; which interfaces it would change; what you would leave for later. Without that tool, or that
program, your last words are the proposal: begin them with a title on a line of its own. Then end. A person reads it and decides.
`;

const PROPOSE = `# Only propose

Do not do the task yet: propose how you would do it. This stands above the rules. Your folder is read-only and nothing that you change
would be published; read, search and run what does not write into it. \`$HOME\` and \`$TMPDIR\` are writable.

${HAND_IN}`;

/** The part of a first prompt. `proposal`: what was made before, as when another agent begins anew. */
export function planInstructions(proposal: Proposal | undefined): string {
  const { decision } = proposal ?? {};
  if (!proposal || !decision) return PROPOSE;
  const before = `What was proposed before:\n\n${fenced(keepStart(told(textOf(proposal)), 4_000), "data")}\n`;
  if (decision.kind === "approved") return `# The proposal is approved\n\n${before}\n${approved(decision)}`;
  return `${PROPOSE}\n${before}\n${decisionText(decision)}`;
}

/** The turn with which it goes on in its session. */
export function planTurn(proposal: Proposal | undefined): string {
  const { decision } = proposal ?? {};
  if (!decision) return PROPOSE;
  return decision.kind === "approved" ? approved(decision) : `${decisionText(decision)}\n${HAND_IN}`;
}

const who = ({ by }: Decision): string =>
  by ? `@${oneLine(by.login, 100)}, who may write to the repository,` : "The operator";

const approved = (decision: Decision): string =>
  `${who(decision)} has approved your proposal. Your folder is writable now: carry the proposal out, keep to it, and commit your work. Where you
find that it cannot be done as proposed, do what comes closest, and say in your last words where you departed from it and why.
`;

function decisionText(decision: Exclude<Decision, { kind: "approved" }>): string {
  if (decision.kind === "change")
    return `${who(decision)} wants another proposal:\n\n${told(decision.text).replace(/^/gm, "> ")}\n\nYour folder is still read-only.\n`;
  const files = decision.files.slice(0, 20).map((file) => oneLine(told(file), 300));
  return `Since you made your proposal, files that it names have changed on the branch:\n\n${fenced(files.join("\n"), "data")}\n\nYour folder shows the branch as it is now, and is still read-only. Look at what has changed, and propose anew.\n`;
}

function textOf({ said: { title, summary, decisions, interfaces, followUps } }: Proposal): string {
  const list = (heading: string, entries: readonly string[]) =>
    entries.length === 0 ? [] : ["", `${heading}:`, ...entries.map((entry) => `- ${entry}`)];
  return [
    ...[title, "", summary],
    ...[...list("Decisions", decisions), ...list("Interfaces", interfaces), ...list("For later", followUps)],
  ].join("\n");
}
