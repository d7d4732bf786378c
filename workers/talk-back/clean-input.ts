/** What an agent says, before anything is done with it: visible text alone, without secrets, wherever it stands in the input. */
import { visibleText } from "../../src/text/clean.ts";
import { printedForms, withoutSecrets } from "../../src/text/known-secrets.ts";
import { redact } from "../../src/text/secret-patterns.ts";

export type Clean = (text: string) => string;

/** `secrets`: those that the agent was given. */
export function cleaner(secrets: readonly string[]): Clean {
  const forms = printedForms(secrets);
  return (text) => redact(withoutSecrets(visibleText(text), forms));
}

/** Of input that its tool's schema has passed, and which is therefore not deep. */
export function cleanEach(input: unknown, clean: Clean): unknown {
  if (typeof input === "string") return clean(input);
  if (Array.isArray(input)) return input.map((each) => cleanEach(each, clean));
  if (typeof input !== "object" || input === null) return input;
  return Object.fromEntries(Object.entries(input).map(([key, value]) => [key, cleanEach(value, clean)]));
}
