/** What a person sees of a text on GitHub: what Markdown hides on the page is taken out. Pure, linear time. */
import { visibleText } from "./clean.ts";

/**
 * HTML comments, also inside code: a reader of the page may miss them there too, and any finer rule would have to agree
 * with GitHub's parser in every corner. One that never closes hides what follows if it starts a line (CommonMark 4.6).
 */
function withoutComments(text: string): string {
  let kept = "";
  let from = 0;
  for (let open = text.indexOf("<!--"); open !== -1; open = text.indexOf("<!--", from)) {
    const short = /^<!---?>/.exec(text.slice(open, open + 6))?.[0].length;
    const close = text.indexOf("-->", open + 4);
    const end = short ? open + short : close === -1 ? -1 : close + 3;
    kept += text.slice(from, open);
    if (end === -1) {
      const startsLine = text.slice(text.lastIndexOf("\n", open) + 1, open).trim() === "";
      return startsLine ? kept : kept + text.slice(open);
    }
    from = end;
  }
  return kept + text.slice(from);
}

/**
 * `[//]: # (hidden)`: a link definition to nowhere, the usual way to hide a line in Markdown. No two parts of it can take the
 * same character: that keeps its time linear.
 */
const hiddenDefinition =
  /^ {0,3}\[[^\]\n]{1,200}\]:[ \t]*(?:#[^ \t\n]*|<>)(?:[ \t]+(?:"[^\n]*"|'[^\n]*'|\([^\n]*\)))?[ \t]*$/gm;

/**
 * What a person sees of `text`, without invisible characters, HTML comments and hidden definitions. Not all that a page
 * hides: other HTML (`<?php`, `<!DOCTYPE`) is code that people quote and see, attributes and links' titles are part of what
 * they belong to.
 */
export function shownText(text: string): string {
  let shown = visibleText(text);
  // Taking one comment out can join the halves of another: a few rounds, each linear.
  for (let round = 0, before = ""; round < 5 && before !== shown; round++) {
    before = shown;
    shown = withoutComments(shown);
  }
  return shown.replace(hiddenDefinition, "").trim();
}
