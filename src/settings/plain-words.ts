/** What is wrong with a value in a YAML file, in the words of YAML: lists and texts instead of arrays and strings. */
import type { z } from "zod";

const TYPES: Record<string, string> = {
  array: "a list, such as [one, two]",
  tuple: "a list, such as [one, two]",
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "keys with values below it",
  record: "names with values below them",
};

/** For `safeParse`; messages that a schema gives itself go first. */
export const inPlainWords: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case "invalid_type": {
      const expected = TYPES[issue.expected];
      return (
        expected &&
        (issue.input === undefined
          ? `is missing: expected ${expected}`
          : `expected ${expected}, not ${kindOf(issue.input)}`)
      );
    }
    case "unrecognized_keys":
      return `unknown key ${issue.keys.join(", ")}`;
    case "invalid_key":
      return issue.issues[0]?.message;
    case "invalid_value":
      return `expected ${issue.values.map(String).join(" or ")}, not ${kindOf(issue.input)}`;
    case "invalid_union":
      return closest(issue.errors);
    case "too_small":
      return lengthOf(issue.origin, `at least ${issue.minimum}`, issue.inclusive ?? true, `more than ${issue.minimum}`);
    case "too_big":
      return lengthOf(issue.origin, `at most ${issue.maximum}`, issue.inclusive ?? true, `less than ${issue.maximum}`);
    default:
      return undefined; // zod's own words
  }
};

/** Of several ways to write it, what is wrong with the one that was followed furthest; undefined where none was begun. */
function closest(ways: readonly (readonly z.core.$ZodIssue[])[]): string | undefined {
  const [issue] = ways.find(([first]) => first && (first.path.length > 0 || first.code === "unrecognized_keys")) ?? [];
  return issue && (issue.path.length === 0 ? issue.message : `${issue.path.map(String).join(".")}: ${issue.message}`);
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "keys with values below it" : JSON.stringify(value).slice(0, 60);
}

function lengthOf(origin: string, reached: string, inclusive: boolean, beyond: string): string {
  const of: Record<string, string> = { array: " entries", string: " characters" };
  return `expected ${inclusive ? reached : beyond}${of[origin] ?? ""}`;
}
