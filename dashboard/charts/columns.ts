/** A column for each day, of parts that stand one on another. Pure. */
import { type Html, html } from "../html.ts";

/** `parts`: from the bottom to the top, each with the class by which it is coloured. */
export type Column = { day: string; parts: readonly { look: string; name: string; amount: number }[] };

const HEIGHT = 150;
const BOTTOM = 22;
const LEFT = 34;
/** Of all columns, where there are enough of them. */
const WIDTH = 1_080;
const MOST_COLUMNS = 120;

/** Days between the first and the last of which nothing is known are empty columns; of very many the latest are shown. */
export function columns(all: readonly Column[]): Html {
  const days = withGaps(all).slice(-MOST_COLUMNS);
  const step = Math.min(34, Math.max(9, Math.floor(WIDTH / Math.max(1, days.length))));
  const total = ({ parts }: Column) => parts.reduce((sum, { amount }) => sum + amount, 0);
  const top = niceTop(Math.max(1, ...days.map(total)));
  const width = LEFT + Math.max(days.length, 12) * step + 8;
  const up = (amount: number) => (amount / top) * (HEIGHT - 12);
  const lines = [0, top / 2, top].map((at) => {
    const y = HEIGHT - up(at);
    return html`<line class="grid" x1="${LEFT}" x2="${width}" y1="${y}" y2="${y}"/>${Number.isInteger(at) && html`<text class="tick" x="${LEFT - 6}" y="${y + 4}" text-anchor="end">${at}</text>`}`;
  });
  const drawn = days.map((column, index) => columnOf(column, LEFT + index * step + 2, step - 4, up));
  const every = Math.ceil(72 / step);
  const labels = days.map(({ day }, index) =>
    index % every === 0
      ? html`<text class="tick" x="${LEFT + index * step}" y="${HEIGHT + 16}">${day.slice(5)}</text>`
      : undefined,
  );
  return html`<svg class="columns-chart" width="${width}" height="${HEIGHT + BOTTOM}" viewBox="0 0 ${width} ${HEIGHT + BOTTOM}" role="img" aria-label="Ends of tasks, by day; the table says the same">${lines}${drawn}${labels}</svg>`;
}

function columnOf({ day, parts }: Column, x: number, width: number, up: (amount: number) => number): Html {
  let y = HEIGHT;
  const drawn = parts.map(({ look, amount }) => {
    const height = Math.round(up(amount) * 10) / 10;
    y -= height;
    return amount > 0 && html`<rect class="part ${look}" x="${x}" y="${y}" width="${width}" height="${height}"/>`;
  });
  const said = parts.filter(({ amount }) => amount > 0).map(({ name, amount }) => `${amount} ${name}`);
  return html`<g><title>${day}: ${said.join(", ") || "nothing"}</title>${drawn}</g>`;
}

const DAY_MS = 24 * 3600_000;

function withGaps(all: readonly Column[]): Column[] {
  const [first, last] = [all[0], all.at(-1)];
  if (!first || !last) return [];
  const known = new Map(all.map((column) => [column.day, column]));
  const end = Date.parse(last.day);
  const start = Math.max(Date.parse(first.day), end - (MOST_COLUMNS - 1) * DAY_MS);
  const count = Math.round((end - start) / DAY_MS) + 1;
  return Array.from({ length: count }, (_, index) => {
    const day = new Date(start + index * DAY_MS).toISOString().slice(0, 10);
    return known.get(day) ?? { day, parts: [] };
  });
}

/** A round number that is not less. */
function niceTop(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  const found = [1, 2, 4, 5, 10].find((each) => each * power >= most) ?? 10;
  return Math.max(2, found * power);
}
