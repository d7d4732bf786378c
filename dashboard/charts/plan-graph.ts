/**
 * A plan's graph as a picture: a box for each node, with how far it is, what it is about and what it may change, which leads to its task; arrows for what has
 * to be merged before what. Whoever hears the page finds the same in a table beside it. Every text in it is an agent's.
 */
import type { NodeView } from "../../src/views/plan-view.ts";
import { type Html, html } from "../html.ts";
import { nodeLooks, nodeState } from "../pages/node-state.ts";
import { layOut, type Point } from "./plan-layout.ts";

const SIZES = { width: 236, height: 94, gapX: 56, gapY: 20, margin: 12 };
/** Characters on a line of a box. */
const TITLE = 29;
const SCOPE = 29;

/** `pathTo`: where a node's box leads; undefined where it leads nowhere. */
export function planGraph(nodes: readonly NodeView[], pathTo: (node: NodeView) => string | undefined): Html {
  const layout = layOut(nodes, SIZES);
  const byId = new Map(nodes.toReversed().map((node) => [node.id, node]));
  const arrows = layout.arrows.map(({ to, points }) => {
    const isDone = byId.get(to)?.how === "merged";
    return html`<path class="arrow${isDone && " done"}" d="${wayThrough(points)}" marker-end="url(#arrow-head)"/>`;
  });
  const boxes = layout.boxes.flatMap((box) => {
    const node = byId.get(box.id);
    return node ? [nodeBox(node, box, pathTo(node))] : [];
  });
  const { width, height } = layout;
  return html`<svg class="plan-graph" role="group" aria-label="The plan as a graph; the table below says the same" xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<defs><marker id="arrow-head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="arrow-head" d="M0 0L8 4L0 8z"/></marker></defs>
<g aria-hidden="true">${arrows}</g>
${boxes}
</svg>`;
}

function nodeBox(node: NodeView, { x, y }: Point, path: string | undefined): Html {
  const { id, title, how, scope } = node;
  const { width, height } = SIZES;
  const { tone, sign } = nodeLooks[how];
  const said = `${id}: ${title}. ${nodeState(node)}`;
  const [first = "", second] = linesOf(title, TITLE);
  const inner = html`<svg class="node ${tone}" x="${x}" y="${y}" width="${width}" height="${height}">
<title>${said}</title>
<rect class="node-box" x="1" y="1" width="${width - 2}" height="${height - 2}" rx="8"/>
<use class="sign" href="#sign-${sign}" x="14" y="11" width="16" height="16"/><text class="node-how" x="36" y="24">${nodeState(node)}</text>
<text class="node-id" x="${width - 14}" y="24" text-anchor="end">${shortened(id, 14)}</text>
<text class="node-title" x="14" y="46">${first}</text>${second !== undefined && html`<text class="node-title" x="14" y="62">${second}</text>`}
<text class="node-scope" x="14" y="82">${scopeLine(scope)}</text>
</svg>`;
  if (path === undefined) return html`<g id="node-${id}" role="img" aria-label="${said}">${inner}</g>`;
  return html`<a id="node-${id}" class="node-link" href="${path}" aria-label="${said}">${inner}</a>`;
}

function scopeLine(scope: readonly string[]): string {
  const [first, ...more] = scope;
  if (first === undefined) return "changes nothing";
  return more.length === 0
    ? shortened(first, SCOPE)
    : `${shortened(first, SCOPE - 6)} and ${more.length} more`.slice(0, 60);
}

/** Wide characters take the room of two. */
const widthOf = (text: string): number => [...text].reduce((sum, sign) => sum + (sign > "\u2E7F" ? 2 : 1), 0);

function shortened(text: string, most: number): string {
  let [kept, room] = ["", most - 1];
  for (const sign of text) {
    room -= widthOf(sign);
    if (room < 0) return widthOf(text) <= most ? text : `${kept}…`;
    kept += sign;
  }
  return text;
}

/** On two lines at most, broken between words where that goes. */
function linesOf(text: string, most: number): [string, string?] {
  if (widthOf(text) <= most) return [text];
  let first = "";
  for (const word of text.split(" ")) {
    const longer = first === "" ? word : `${first} ${word}`;
    if (widthOf(longer) > most) break;
    first = longer;
  }
  if (first === "") {
    const cut = [...text].slice(0, Math.floor(most / 2)).join("");
    return [cut, shortened(text.slice(cut.length), most)];
  }
  return [first, shortened(text.slice(first.length + 1), most)];
}

/** A line that leaves each point to the right, and comes to the next from the left. */
function wayThrough([start, ...others]: readonly Point[]): string {
  if (!start) return "";
  let [way, from] = [`M${start.x} ${start.y}`, start];
  for (const to of others) {
    const half = Math.max(20, Math.abs(to.x - from.x) / 2);
    way += to.y === from.y ? `L${to.x} ${to.y}` : `C${from.x + half} ${from.y} ${to.x - half} ${to.y} ${to.x} ${to.y}`;
    from = to;
  }
  return way;
}
