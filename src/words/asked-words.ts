/** What the bot says of a change of a plan that goes beyond what was approved: what it would change, and what a person can make of it. */
import { count } from "../text/amounts.ts";
import type { Quoting } from "../text/quote.ts";
import type { AskedView } from "../views/asked-view.ts";

/** What can be said to it, as sentences. */
export function howToDecideOnChange(name: string, { code }: Quoting): string {
  const id = code(name).replace(/`/g, "");
  return `\`/orch approve ${id}\` has it carried out; \`/orch plan ${id} no\`, or what should be different instead, gives it back to the manager with these words.`;
}

/** What it would change, as sentences. */
export function changeWords({ add, retry, skip, replace, end }: AskedView, { code }: Quoting): string[] {
  const names = (ids: readonly string[]) => ids.map((id) => code(id, 40)).join(", ");
  const added = add.map(({ id }) => id);
  return [
    ...(replace.length > 0 ? [`In the place of ${names(replace)} there would be ${names(added)}.`] : []),
    ...(replace.length === 0 && added.length > 0 ? [`${count(added.length, "node")} more: ${names(added)}.`] : []),
    ...(retry.length > 0 ? [`Tried again: ${names(retry.map(({ node }) => node))}.`] : []),
    ...(skip.length > 0 ? [`Left out: ${names(skip)}.`] : []),
    ...(end ? ["Nothing else would be begun."] : []),
  ];
}

/** Why anybody is asked, in a sentence. */
export const askedBecause = ({ exceeds }: Pick<AskedView, "exceeds">): string =>
  exceeds.stopped
    ? "A node failed, and its plan leaves it to a person what becomes of it."
    : "It goes beyond what was approved.";

/** What holds until then. */
export const meanwhile =
  "Until then the plan goes on as it was approved: what is at work stays at work, and what does not depend on this change begins.";
