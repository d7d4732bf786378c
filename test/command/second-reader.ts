/**
 * A second reading of comments, by other programs than ours: markdown-it draws the page, htmlparser2 reads what is on it. It says
 * where on the page each `/orch nK` of the text stands, so that both readings can be compared. It knows neither notes nor formulas.
 */
import { Parser } from "htmlparser2";
import MarkdownIt from "markdown-it";

/**
 * `plain`: at the beginning of a line of ordinary words. `within`: there, but in a quote, a table, or behind other words.
 * `hidden`: as code, struck out, collapsed, or not at all.
 */
export type Sight = "plain" | "within" | "hidden";

const markdown = new MarkdownIt({ html: true, breaks: true, linkify: false });

const HIDING = new Set("code pre del s strike svg template textarea title script style a img".split(" "));
const BLOCKS = new Set(
  "p div li ul ol h1 h2 h3 h4 h5 h6 br hr blockquote details summary pre table tr td th".split(" "),
);
const AGAIN = "s, opened again";
const AROUND = new Set(["blockquote", "table"]);

type Element = { name: string; hides: boolean; around: boolean };

/** A block of HTML in the middle of a drawing ends the drawing, says the standard of HTML; the parser does not know it. */
function leavePicture(open: Element[]): void {
  const index = open.findIndex(({ name }) => name === "svg");
  if (index !== -1) open.splice(index);
}

/** Of each number K what becomes of its `/orch nK`; those that the page does not show are missing. */
export function sightsOf(body: string): Map<number, Sight> {
  const sights = new Map<number, Sight>();
  const open: Element[] = [];
  let line = "";
  const parser = new Parser({
    onopentag(name, attributes) {
      if (BLOCKS.has(name)) {
        line = "";
        leavePicture(open);
      }
      const collapsed = name === "details" && attributes.open === undefined;
      open.push({
        name,
        hides: HIDING.has(name) || collapsed || attributes.hidden !== undefined,
        around: AROUND.has(name),
      });
    },
    onclosetag(name, isImplied) {
      if (BLOCKS.has(name)) line = "";
      const index = open.findLastIndex((each) => each.name === name);
      if (index === -1) return;
      const closed = open.splice(index);
      // What is struck out goes on behind a tag that has closed it by the way, to the end of its paragraph.
      const goesOn = closed.filter((each) => each.name === AGAIN || (isImplied && each.name === "s"));
      if (!BLOCKS.has(name)) open.push(...goesOn.map((each) => ({ ...each, name: AGAIN })));
    },
    ontext(text) {
      for (const part of text.split(/(\n)/)) {
        const hides = open.some((each) => each.hides);
        if (part === "\n" && !hides) line = "";
        else line += hides ? "…" : part;
        const found = /\/orch n(\d+) x/.exec(hides ? part : line);
        if (!found) continue;
        const starts = /^[\s\p{Cf}]*\/orch n/u.test(line) && !open.some((each) => each.around);
        sights.set(Number(found[1]), hides ? "hidden" : starts ? "plain" : "within");
        line = "…";
      }
    },
  });
  parser.end(markdown.render(body));
  return sights;
}
