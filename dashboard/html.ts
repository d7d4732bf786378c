/**
 * HTML as a template: every value is escaped, unless it is HTML that this template has made. There is no way to mark a string as HTML. Of a value nothing
 * is left that nobody sees and a terminal or the order of letters would obey, should a page copy it elsewhere; and one that no page has a use for is cut.
 */
import { withoutControls } from "../src/text/clean.ts";

const made = new WeakSet<object>();

export type Html = { readonly text: string };

/** Lists are joined; `undefined`, `null` and `false` are left out. */
export type HtmlValue = string | number | Html | undefined | null | false | readonly HtmlValue[];

/** Attributes stand in double quotes, always. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = parts[0] ?? "";
  values.forEach((value, index) => {
    text += written(value) + (parts[index + 1] ?? "");
  });
  const result = { text };
  made.add(result);
  return result;
}

function written(value: HtmlValue): string {
  if (value === undefined || value === null || value === false) return "";
  if (typeof value === "string" || typeof value === "number") return escaped(String(value));
  if (Array.isArray(value)) return value.map(written).join("");
  // Data that only looks like Html, from JSON say, is no HTML.
  if (!made.has(value)) throw new TypeError("only html`…` makes HTML");
  return (value as Html).text;
}

/** In characters; what is shown whole anywhere is shorter. */
const MOST = 64 * 1024;
const HIDDEN = /(?![\n\t])\p{Cc}|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\u{e0000}-\u{e007f}\ud800-\udfff]/u;
const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escaped(text: string): string {
  const short = text.length > MOST ? `${text.slice(0, MOST)}…` : text;
  const visible = HIDDEN.test(short) ? withoutControls(short) : short;
  return visible.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
}
