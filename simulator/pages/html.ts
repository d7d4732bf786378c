/** HTML by template, safe by construction: every value is escaped unless a template of ours made it. */

/** Text that is HTML already. Only `html` and `trusted` make it. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What a template may contain; nothing is shown for undefined and false, and lists are joined. */
export type Part = Html | string | number | undefined | false | readonly Part[];

const entities: { [character: string]: string } = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? "");

function render(part: Part): string {
  if (part instanceof Html) return part.text;
  if (part === undefined || part === false) return "";
  if (typeof part === "object") return part.map(render).join("");
  return escapeHtml(String(part));
}

/** `` html`<b>${name}</b>` ``. Attribute values must stand in double quotes. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(strings.reduce((text, next, at) => text + render(parts[at - 1]) + next));
}

/** Marks a constant of ours as HTML. Never for text from outside. */
export const trusted = (text: string): Html => new Html(text);

/** An address for an `href`, or undefined where following it could run something (`javascript:`, `data:`). */
export function safeUrl(url: string): string | undefined {
  return /^(https?:\/\/|mailto:|#|\/(?!\/))/i.test(url) ? url : undefined;
}
