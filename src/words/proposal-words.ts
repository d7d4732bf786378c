/** What the bot says of an agent's proposal: what it is, and what a person can make of it. */
import type { Quoting } from "../text/quote.ts";

/** What can be said to it, as sentences. */
export function howToDecide(name: string, { code }: Quoting): string {
  const id = code(name).replace(/`/g, "");
  return `\`/orch approve ${id}\` has it carried out in the same session; \`/orch plan ${id}\` and what should be different asks for another one; \`/orch cancel\` ends it.`;
}

/** The headings of its lists. */
export const proposalTitles = {
  decisions: "What it decides",
  interfaces: "What others could build on",
  followUps: "What it leaves for later",
} as const;

export const proposalHeading = (name: string, { code }: Quoting): string => `Proposal ${code(name)}`;

/** Where the task goes on, once it is approved. */
export const madeOn = (sha: string, { code }: Quoting): string =>
  `Made on commit ${code(sha.slice(0, 10))}, where nothing has been changed yet.`;
