/** What the bot answers to who decides about a proposal. */
import type { AskedRevision } from "../task/asked-shape.ts";
import { type Decision, isProposalName, type Proposal } from "../task/proposal.ts";
import { count } from "../text/amounts.ts";
import { code } from "../text/quote.ts";

const SHOWN = 5;

type Open = readonly Pick<Proposal, "name">[];

const current = (open: Open): string => {
  if (open.length === 0) return "No proposal waits for a decision here.";
  const names = open.slice(0, SHOWN).map(({ name }) => code(name));
  return open.length === 1
    ? `The current one is ${names.join("")}: \`/orch approve ${open[0]?.name}\`.`
    : `These wait for a decision: ${names.join(", ")}.`;
};

/** For `approve` without a name: who approves says what. */
export function whichProposal(open: Open): string {
  return `Say which proposal you approve, by its name. ${current(open)}`;
}

/** For an approval where GitHub does not tell whether a person wrote it. */
export function approveInComment(name: string | undefined): string {
  const word = name !== undefined && isProposalName(name) ? name : "and its name";
  return `Approve it in a comment on the conversation: \`/orch approve ${word}\`. Of reviews and of descriptions GitHub does not tell whether a program wrote them in somebody's name, so I have done nothing.`;
}

/** For a name that is none, or is that of an earlier one. */
export function noSuchProposal(name: string, open: Open): string {
  return `There is no proposal ${code(name, 60)} here, or a newer one has taken its place, so I have done nothing. ${current(open)}`;
}

export function decidedAlready(name: string, how: Decision["kind"] | undefined): string {
  const what =
    how === "approved"
      ? "is approved already"
      : how === "change"
        ? "is being replaced already: another one was asked for"
        : "is being made anew already: files that it names have changed";
  return `Proposal ${code(name)} ${what}. I have done nothing.`;
}

/** Of a change of a plan that is worked through. */
export function changeDecidedAlready(name: string, how: DecidedHow | undefined): string {
  const what: Record<DecidedHow, string> = {
    approved: "is approved already",
    change: "is the manager's to think over already",
    outdated: "was approved before, and could not be carried out any more",
    lapsed: "had waited too long, and is the manager's to think over",
  };
  return `The change ${code(name)} ${how === undefined ? "waits for nobody's word any more: a newer one has taken its place, or the plan is over" : what[how]}. I have done nothing.`;
}

type DecidedHow = NonNullable<AskedRevision["decision"]>["kind"];

/** For an approval after which the plan was another one than the change was made for. */
export function changeOutdated(name: string): string {
  return `I have not carried out the change ${code(name)}: the plan has become another one since it was asked for, so that it does not fit any more. Its manager looks at that; the progress comment will show what it wants instead.`;
}

/** For an approval that comes too late. */
export function outdated(name: string, files: readonly string[]): string {
  const shown = files.slice(0, SHOWN).map((file) => code(file, 120));
  const more = files.length > SHOWN ? ` and ${count(files.length - SHOWN, "other", "others")}` : "";
  return `I have not approved proposal ${code(name)}: what it names has changed on the branch since it was made (${shown.join(", ")}${more}). Its agent looks at that and proposes anew; the progress comment will show it.`;
}

export function nothingToChange(name: string): string {
  return `Say on the same line, or below it, what should be different: for example \`/orch plan ${name} keep the old format readable\`. I have done nothing.`;
}

export function changeTooLong(most: number): string {
  return `That is longer than ${most.toLocaleString("en")} characters, so I have not passed it on. Say it in fewer words.`;
}
