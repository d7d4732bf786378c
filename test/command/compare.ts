/** Our reading of a comment beside the second one: what we carry out stands in plain sight, and nothing in plain sight is met with silence. */
import type { Command } from "../../src/command/command.ts";
import { sightsOf } from "./second-reader.ts";

const NUMBER = /\/orch n(\d+) x/;

/** HTML begins there for cmark-gfm, as for us; markdown-it reads on with the words of the item or quote. */
const TAG_BELOW_ITEM = /^ {0,3}(?:[-*+]|\d{1,9}[.)]|>).*\S.*\r?\n {0,3}<\/?[a-z][a-z0-9-]*[^<>]*>[ \t]*$/im;

/** What is struck out by marks is a `<del>` to GitHub and an `<s>` to markdown-it: tags of that name close the one and not the other. */
const STRUCK_OUT = /~~/;
const STRIKES_OUT = /<\/?(?:del|s)\b/i;

/** In what the two readings disagree, as a sentence; undefined when they do not. */
export function disagreement(body: string, commands: readonly Command[]): string | undefined {
  if (TAG_BELOW_ITEM.test(body) || (STRUCK_OUT.test(body) && STRIKES_OUT.test(body))) return undefined;
  const lines = body.split(/\r\n|\n|\r/);
  const sights = sightsOf(body);
  const ours = new Map(commands.map(({ line, kind }) => [line, kind]));
  for (const [index, line] of lines.entries()) {
    const number = NUMBER.exec(line)?.[1];
    if (number === undefined) continue;
    const sight = sights.get(Number(number));
    const kind = ours.get(index + 1);
    if (kind === "task" && sight !== "plain") return `carries out n${number}, which is ${sight ?? "not on the page"}`;
    // Where a table begins and ends, the two differ about what looks like code or like a row.
    const isOdd = /^(?: {4}|\t)|\|/.test(line);
    if (sight === "plain" && kind === undefined && !isOdd)
      return `is silent about n${number}, which stands in plain sight`;
    if (sight === "hidden" && kind === "task") return `carries out n${number}, which is hidden`;
  }
  return undefined;
}
