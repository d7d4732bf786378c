/**
 * Sentences of `src/words/` as HTML: what stands in backticks there becomes code. Words that are not ours come by `inPages`, so a backtick in them is
 * no mark of ours.
 */
import { bare, type Quoting } from "../../src/text/quote.ts";
import { type Html, html } from "../html.ts";

/** Of Unicode's private use, so it means nothing by itself. Stands for a backtick that is not ours. */
const TICK = "\ue002";

const foreign = (text: string, chars?: number): string => bare(text.replaceAll(TICK, ""), chars).replaceAll("`", TICK);

/** For functions that make sentences; what they give goes to `sentence`. */
export const inPages: Quoting = {
  code: (text, chars = 200) => `\`${foreign(text, chars)}\``,
  plain: foreign,
};

export function sentence(text: string): Html {
  const parts = text.split(/`([^`]*)`/).map((part) => part.replaceAll(TICK, "`"));
  return html`${parts.map((part, index) => (index % 2 === 0 ? part : html`<code>${part}</code>`))}`;
}

/** One paragraph each. */
export const sentences = (texts: readonly string[]): Html[] => texts.map((text) => html`<p>${sentence(text)}</p>`);
