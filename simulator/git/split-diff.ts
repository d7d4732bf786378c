/** A unified diff, file by file. Only "\n" ends a line of it: \r, U+2028 and the like belong to what files contain. */

/** One part per file, from its line `diff --git`, without the last line's end; what stands before the first is left out. */
export function splitDiff(diff: string): string[] {
  const parts = `\n${diff}`.split("\ndiff --git ").slice(1);
  return parts.map((part) => `diff --git ${part.replace(/\n$/, "")}`);
}
