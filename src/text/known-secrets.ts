/** Secrets whose values are known, found in a text in whatever form they are printed. */
import { REDACTED } from "./secret-patterns.ts";

/** Shorter values would be found in innocent text. */
export const MIN_SECRET_LENGTH = 8;

/**
 * How known secrets may stand in a text: as they are, as JSON writes them, and of those with several lines each line that
 * is no innocent one by its shortness. The longest first.
 */
export function printedForms(secrets: readonly string[]): string[] {
  const forms = secrets.flatMap((secret) => {
    const lines = secret.split("\n").map((line) => line.trim());
    return [secret, JSON.stringify(secret).slice(1, -1), ...lines.filter((line) => line.length >= MIN_SECRET_LENGTH)];
  });
  return longestFirst(forms);
}

export const longestFirst = (texts: readonly string[]) =>
  [...new Set(texts)].sort((one, other) => other.length - one.length);

/** The text with a word in the place of each known secret. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((clean, secret) => clean.replaceAll(secret, REDACTED), text);
}
