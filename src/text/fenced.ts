/** A block of code in Markdown that nothing inside can close. */

/** `text` as it is, between two fences longer than any run of backticks inside it. */
export function fenced(text: string, label: string): string {
  const marks = "`".repeat(Math.max(3, longestTicks(text) + 1));
  return `${marks}${label}\n${text}\n${marks}`;
}

/** How many backticks stand side by side at most. */
export function longestTicks(text: string): number {
  let longest = 0;
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  return longest;
}
