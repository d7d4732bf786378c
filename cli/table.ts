/**
 * Rows for a person or for a program, as GitHub's own command line does it: on a terminal columns that are cut to its width,
 * below a heading; elsewhere whole fields between tabs, without one. No colours.
 */
import { cut } from "../src/text/bound.ts";

/** Fields are on one line each. The last one gives way where a row is too long. `width`: undefined where no terminal reads. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[], width?: number): string[] {
  if (width === undefined) return rows.map((row) => row.map((field) => field.replaceAll("\t", " ")).join("\t"));
  const all = [heading, ...rows];
  const widths = heading.slice(0, -1).map((_, column) => Math.max(...all.map((row) => columnsOf(row[column] ?? ""))));
  return all.map((row) => {
    const fields = widths.map((most, column) => {
      const field = row[column] ?? "";
      return `${field}${" ".repeat(most - columnsOf(field))}`;
    });
    return toWidth([...fields, row.at(-1) ?? ""].join("  "), width);
  });
}

/** Terminals show letters of the East and pictures in two columns. Some from there on take one: a row is cut early, never late. */
const columnsOf = (text: string): number => [...text].reduce((sum, letter) => sum + widthOf(letter), 0);
const widthOf = (letter: string): number => ((letter.codePointAt(0) ?? 0) < 0x1100 || letter === "…" ? 1 : 2);

/** Cut to so many columns, with an ellipsis in the last. */
export function toWidth(line: string, width: number): string {
  const whole = line.trimEnd();
  if (columnsOf(whole) <= width) return whole;
  let [columns, end] = [1, 0];
  for (const letter of whole) {
    columns += widthOf(letter);
    if (columns > width) break;
    end += letter.length;
  }
  return `${cut(whole, end).trimEnd()}…`;
}
