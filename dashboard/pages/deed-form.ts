/** A button that does something: a form of its own, which also works without any script. */
import { newFormKey } from "../deeds/form-key.ts";
import { type Html, type HtmlValue, html } from "../html.ts";
import type { Visit } from "../visit.ts";

export type DeedForm = {
  /** Path to which it is posted. */
  to: string;
  word: string;
  /** What somebody hears who does not see where the button stands. */
  label?: string;
  /** `danger`: something ends. `main`: what one most likely wants. */
  look?: "main" | "danger" | "quiet";
  /** What goes with it unseen, by name. */
  hidden?: Readonly<Record<string, string>>;
  /** What somebody fills in. */
  fields?: HtmlValue;
  /** Asked before it is done, where there is a script. */
  confirm?: string;
};

export const deedForm = (
  { formToken }: Pick<Visit, "formToken">,
  { to, word, label, look, hidden, fields, confirm }: DeedForm,
): Html =>
  html`<form class="deed" method="post" action="${to}"${confirm !== undefined && html` data-confirm="${confirm}"`}>
<input type="hidden" name="token" value="${formToken}">${keyFor(formToken)}
${Object.entries(hidden ?? {}).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}${fields}
<button type="submit"${look && html` class="${look}"`}${label !== undefined && html` aria-label="${label}"`}>${word}</button>
</form>`;

/** Sent twice, the form of one page is one deed. What many viewers share has none of its own. */
const keyFor = (formToken: string): HtmlValue =>
  formToken !== "" && html`<input type="hidden" name="key" value="${newFormKey()}">`;
