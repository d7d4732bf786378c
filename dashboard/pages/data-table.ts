/** A table of what is known: on a narrow screen each row becomes a card, whose cells say of which column they are. */
import { type Html, type HtmlValue, html } from "../html.ts";

export type DataColumn = {
  name: string;
  /** Of numbers, times and names of ours. */
  look?: "number" | "mono";
  /** Nobody needs to see its heading: a picture of the number beside it. */
  unseen?: true;
};

/** Of each row the first cell is its heading. */
export type DataTable = { id?: string; columns: readonly DataColumn[]; rows: readonly (readonly HtmlValue[])[] };

export const dataTable = ({
  id,
  columns,
  rows,
}: DataTable): Html => html`<table class="list data"${id !== undefined && html` id="${id}"`}>
<thead><tr>${columns.map(heading)}</tr></thead>
<tbody>${rows.map((cells) => html`<tr>${cells.map((cell, index) => cellOf(columns[index], cell, index === 0))}</tr>`)}</tbody></table>`;

/** The same where it may be wider than its place. */
export const scrolled = (table: Html): Html => html`<div class="scroll">${table}</div>`;

const heading = ({ name, look, unseen }: DataColumn): Html =>
  html`<th scope="col"${look === "number" && html` class="number"`}>${unseen ? html`<span class="unseen">${name}</span>` : name}</th>`;

function cellOf(column: DataColumn | undefined, value: HtmlValue, isFirst: boolean): Html {
  const { name = "", look, unseen } = column ?? {};
  const shown = look && html` class="${look}"`;
  if (isFirst) return html`<th scope="row"${shown}>${value}</th>`;
  return html`<td${shown}${!unseen && html` data-label="${name}"`}>${value}</td>`;
}
