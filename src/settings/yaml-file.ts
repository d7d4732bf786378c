/** A YAML file as somebody wrote it: what it says, and in which line each key stands, for whoever has to mend it. */
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { oneLine } from "../text/bound.ts";

export type YamlFile = { value: unknown; doc: Document; lines: LineCounter };

const MAX_PROBLEMS = 10;
/** Characters of one: it repeats what stands in the file. */
const MAX_PROBLEM = 300;

/** Throws what is wrong with it as YAML. */
export function readYaml(text: string): YamlFile {
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines });
  const [error] = doc.errors;
  if (error) throw error;
  // Nothing in such a file needs aliases, and they can be made to blow up.
  return { value: doc.toJS({ maxAliasCount: 0 }), doc, lines };
}

/** Each problem on a line of its own, with the line of the file and the key that it is about. */
export function sayProblems(issues: readonly z.core.$ZodIssue[], file: YamlFile): string {
  const placed = issues.map((issue) => ({ issue, offset: offsetOf(issue, file.doc) }));
  const inOrder = placed.toSorted((one, other) => (one.offset ?? 0) - (other.offset ?? 0));
  const said = inOrder.slice(0, MAX_PROBLEMS).map(({ issue, offset }) => {
    return `- ${oneLine(`${whereIs(issue, offset, file)}${messageOf(issue)}`, MAX_PROBLEM)}`;
  });
  const left = issues.length - said.length;
  return [...said, ...(left > 0 ? [`- … and ${left} more`] : [])].join("\n");
}

/** Of a name that is none, what its own rule says. */
const messageOf = (issue: z.core.$ZodIssue): string =>
  (issue.code === "invalid_key" ? issue.issues[0]?.message : undefined) ?? issue.message;

function whereIs(issue: z.core.$ZodIssue, offset: number | undefined, file: YamlFile): string {
  const line = offset === undefined ? [] : [`line ${file.lines.linePos(offset).line}`];
  const path = issue.path.length === 0 ? [] : [`\`${issue.path.map(String).join(".")}\``];
  const where = [...line, ...path].join(", ");
  return where === "" ? "" : `${where}: `;
}

/** Where the key stands, or what it is missing from. */
function offsetOf(issue: z.core.$ZodIssue, doc: Document): number | undefined {
  const whole = [...issue.path, ...(issue.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [])];
  for (; whole.length > 0; whole.pop()) {
    const parent = doc.getIn(whole.slice(0, -1), true);
    const pair = isMap(parent)
      ? parent.items.find((each) => isScalar(each.key) && each.key.value === whole.at(-1))
      : undefined;
    if (isNode(pair?.key)) return pair.key.range?.[0];
    const node = doc.getIn(whole, true);
    if (isNode(node)) return node.range?.[0];
  }
  return undefined;
}
