/** Finds a GFM table in the lines of a paragraph, which is what plain CommonMark takes a table for. */

type Align = "left" | "center" | "right";

/** Cells are Markdown still. `before` is the paragraph's text in front of the table. */
export type Table = { before: string; head: string[]; align: Align[]; rows: string[][] };

/** The cells of a row; `\|` is a bar inside a cell. */
function cells(line: string): string[] {
  const row = line
    .trim()
    .replace(/^\|/, "")
    .replace(/(?<!\\)\|$/, "");
  return row.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function alignment(cell: string): Align {
  if (!cell.endsWith(":")) return "left";
  return cell.startsWith(":") ? "center" : "right";
}

const isDelimiter = (line: string) => line.includes("|") && cells(line).every((cell) => /^:?-+:?$/.test(cell));

/** The table that begins at the first line followed by a fitting delimiter row (`| --- | ---: |`), to the end. */
export function findTable(lines: readonly string[]): Table | undefined {
  for (const [at, line] of lines.entries()) {
    const delimiter = lines[at + 1];
    if (delimiter === undefined || !isDelimiter(delimiter)) continue;
    const head = cells(line);
    const align = cells(delimiter).map(alignment);
    if (head.length !== align.length) continue;
    const rows = lines.slice(at + 2).map((row) => head.map((_, column) => cells(row)[column] ?? ""));
    return { before: lines.slice(0, at).join("\n"), head, align, rows };
  }
  return undefined;
}
