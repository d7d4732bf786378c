/** Reports as text for people. */
import { type Benchmark, type Figure, meets, type Report } from "./bench.ts";
import { round } from "./statistics.ts";

export function renderReport({ name, title }: Pick<Benchmark, "name" | "title">, report: Report): string {
  const lines = [`${name}: ${title}`, ...report.counted.map((line) => `  ${line}`)];
  for (const table of report.tables) lines.push("", `  ${table.title}`, ...renderTable(table.rows));
  lines.push("", ...report.figures.map(renderFigure), "");
  return lines.join("\n");
}

function renderTable(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) => {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    return `    ${cells.join("  ")}`.trimEnd();
  });
}

function renderFigure(figure: Figure): string {
  const { name, value, unit, goal } = figure;
  const text = `${name} ${round(value)} ${unit}`.trimEnd();
  if (!goal) return `  ${text}`;
  const bound = "atLeast" in goal ? `at least ${goal.atLeast}` : `at most ${goal.atMost}`;
  return `  ${meets(figure) ? "✓" : "✗"} ${text} (goal: ${bound})`;
}
