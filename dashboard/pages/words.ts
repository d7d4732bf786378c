/** Texts of several lines that are not ours: agents' and programs'. Cleaned, bounded, without credentials. */
import { cut, cutStart } from "../../src/text/bound.ts";
import { visibleText } from "../../src/text/clean.ts";
import { redact } from "../../src/text/secret-patterns.ts";
import { type Html, html } from "../html.ts";

/** In characters. */
const MAX_SAID = 4_000;
const MAX_LINES = 8_000;
/** Cleaning takes linear time; of what is far too long, it is spent on the part that is shown. */
const SPARE = 2;

/** What an agent says, as it would be read. */
export const said = (text: string): Html =>
  html`<div class="said">${cut(clean(cut(text, SPARE * MAX_SAID)), MAX_SAID)}</div>`;

/** The end of an output. */
export const lines = (text: string): string => cutStart(clean(cutStart(text, SPARE * MAX_LINES)), MAX_LINES).trimEnd();

const clean = (text: string): string => redact(visibleText(text)).trim();
