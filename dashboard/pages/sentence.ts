/**
 * Sentences of `src/words/` as HTML: what stands in backticks there becomes code. Words that are not ours come by `inPages`, so nothing in them is
 * taken for our marks.
 */
import type { Quoting } from "../../src/text/quote.ts";
import { bare } from "../../src/text/quote.ts";
import { type Html, html } from "../html.ts";

/** Of Unicode's private use, which means nothing: taken out of all words that are not ours. */
const [OPEN, CLOSE, TICK] = ["\ue000", "\ue001", "\ue002"];
const MARKS = /[\ue000-\ue002]/g;

const foreign = (text: string, chars?: number): string => bare(text.replace(MARKS, ""), chars);

/** For functions that make sentences; what they give goes to `sentence`. */
export const inPages: Quoting = {
  code: (text, chars = 200) => `${OPEN}${foreign(text, chars).replaceAll("`", TICK)}${CLOSE}`,
  plain: (text, chars) => foreign(text, chars).replaceAll("`", TICK),
};

export function sentence(text: string): Html {
  const parts = text.split(/\ue000([^\ue001]*)\ue001|`([^`]*)`/);
  return html`${parts.map((part, index) => (index % 3 === 0 ? html`${plainTicks(part)}` : code(part)))}`;
}

/** One paragraph each. */
export const sentences = (texts: readonly string[]): Html[] => texts.map((text) => html`<p>${sentence(text)}</p>`);

const code = (text: string | undefined): Html | undefined =>
  text === undefined ? undefined : html`<code>${plainTicks(text)}</code>`;

const plainTicks = (text: string | undefined): string => (text ?? "").replaceAll(TICK, "`");
