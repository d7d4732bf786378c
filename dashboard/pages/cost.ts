/** What was used, in words that say of what: a run, a task or a day. What nobody states is unknown, which is not nothing. */
import { count, dollars } from "../../src/text/amounts.ts";
import type { Sum } from "../../src/views/spent.ts";
import { type Html, html } from "../html.ts";

/** "$0.82", "≥ $0.82" where a run does not say, "unknown", or a dash where no agent has begun. */
export function costOf({ known, unknown }: Sum, runs: number): Html {
  if (runs === 0) return html`<span class="muted" title="no agent has begun">–</span>`;
  if (known === undefined) return html`<span class="muted" title="the agent does not say">unknown</span>`;
  const more = unknown > 0 && html`<span title="${count(unknown, "run does", "runs do")} not say">≥ </span>`;
  return html`${more}<span class="number">${dollars(known)}</span>`;
}

export const tokensOf = (one: { inputTokens?: number; outputTokens?: number }): string | undefined => {
  const parts = [
    ...(one.inputTokens === undefined ? [] : [`${count(one.inputTokens, "token")} in`]),
    ...(one.outputTokens === undefined ? [] : [`${count(one.outputTokens, "token")} out`]),
  ];
  return parts.length > 0 ? parts.join(", ") : undefined;
};
