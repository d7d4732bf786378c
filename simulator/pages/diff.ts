/** A unified diff (`git diff`, `git show`) with line numbers and colours, one foldable part per file. */
import { splitDiff } from "../git/split-diff.ts";
import { type Html, html } from "./html.ts";

/** More lines than this are not drawn: a browser would take seconds for them. */
const mostLines = 4000;

const kindOf = (line: string) =>
  line.startsWith("+") ? "add" : line.startsWith("-") ? "del" : line.startsWith("@@") ? "hunk" : "same";

/** Lines with their colour, without numbers and file headers. */
export const renderDiffLines = (lines: readonly string[]): Html[] =>
  lines.map((line) => html`<span class="${kindOf(line)}">${line}\n</span>`);

type FileDiff = { path: string; header: string[]; lines: string[] };

function split(diff: string): FileDiff[] {
  return splitDiff(diff).map((part) => {
    const all = part.split("\n");
    const from = all.findIndex((line) => line.startsWith("@@"));
    const header = from < 0 ? all : all.slice(0, from);
    const target = header.find((line) => line.startsWith("+++ b/"))?.slice("+++ b/".length);
    return {
      path: target ?? / b\/(.*)$/.exec(all[0] ?? "")?.[1] ?? "",
      header,
      lines: from < 0 ? [] : all.slice(from),
    };
  });
}

/** Lines with the numbers that they have before and after. */
function renderLines(lines: readonly string[]): Html[] {
  let [before, after] = [0, 0];
  return lines.map((line) => {
    const kind = kindOf(line);
    const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)/.exec(line);
    if (hunk) [before, after] = [Number(hunk[1]), Number(hunk[2])];
    const counted = !hunk && !line.startsWith("\\");
    const old = counted && kind !== "add" && before++;
    const now = counted && kind !== "del" && after++;
    return html`<tr class="${kind}"><td class="no">${old}</td><td class="no">${now}</td><td>${line}</td></tr>`;
  });
}

function renderFile({ path, header, lines }: FileDiff): Html {
  const count = (kind: string) => lines.filter((line) => kindOf(line) === kind).length;
  const note = header.find((line) => /^(new file|deleted file|rename to|Binary files)/.test(line));
  return html`<details class="file" open><summary><code>${path}</code>
    <span class="plus">+${count("add")}</span> <span class="minus">−${count("del")}</span>
    <span class="quiet">${note}</span></summary>
    <div class="scroll"><table class="diff"><tbody>${renderLines(lines)}</tbody></table></div></details>`;
}

export function renderDiff(diff: string): Html {
  const lines = diff.split("\n");
  const shown = lines.length > mostLines ? lines.slice(0, mostLines).join("\n") : diff;
  const files = split(shown);
  if (files.length === 0) return html`<p class="quiet">No changes.</p>`;
  const rest = lines.length - mostLines;
  return html`${files.map(renderFile)}${rest > 0 && html`<p class="quiet">… and ${rest} more lines.</p>`}`;
}
