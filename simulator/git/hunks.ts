/** Finds a line of a file in its diff, as comments on lines need it. */
import type { Side } from "../store/model.ts";

export type FoundLine = {
  /** The diff from the start of the hunk to the line. */
  hunk: string;
  /** Lines below the first hunk's header, as GitHub counts them. */
  position: number;
  text: string;
};

/** @param patch the hunks of one file; the left side is the file as it was, the right side as it is */
export function findLine(patch: string, line: number, side: Side): FoundLine | undefined {
  const missing = side === "LEFT" ? "+" : "-";
  let hunk: string[] = [];
  let at = 0;
  for (const [position, text] of patch.split("\n").entries()) {
    const header = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(text);
    if (header) {
      hunk = [text];
      at = Number(side === "LEFT" ? header[1] : header[2]) - 1;
      continue;
    }
    hunk.push(text);
    // "\ No newline at end of file" is on neither side.
    if (text.startsWith(missing) || text.startsWith("\\")) continue;
    at += 1;
    if (at === line) return { hunk: hunk.join("\n"), position, text: text.slice(1) };
  }
  return undefined;
}
