/** The frame around every page, and the few pieces that several pages share. */
import { type Html, html, type Part, trusted } from "./html.ts";
import { style } from "./style.ts";
import type { CheckLine, CommitLine, IssueLine, Label } from "./view.ts";

/** A page before it gets its frame. On a `live` page every `live(...)` part renews itself every two seconds. */
export type Page = { title: string; content: Html; live?: boolean; trail?: readonly Part[] };

/** Replaces the live parts by what the server shows now, where that changed; unfolded details stay unfolded. */
const refresh = `
const partsOf = (page) => [...page.querySelectorAll(".live")];
let shown = partsOf(document).map((part) => part.innerHTML);
setInterval(async () => {
  if (document.hidden) return;
  const response = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => undefined);
  document.getElementById("pulse").textContent = response?.ok ? "● live" : "○ not answering";
  if (!response?.ok) return;
  // Its sheet has another nonce, which this page's policy would complain about.
  const text = (await response.text()).replace(/<style.*?<\\/style>/s, "");
  const next = partsOf(new DOMParser().parseFromString(text, "text/html"));
  const now = next.map((part) => part.innerHTML);
  partsOf(document).forEach((part, at) => {
    if (next[at] === undefined || now[at] === shown[at]) return;
    const open = [...part.querySelectorAll("details")].map((each) => each.open);
    next[at].querySelectorAll("details").forEach((each, nth) => { each.open = open[nth] ?? each.open; });
    part.replaceChildren(...next[at].childNodes);
  });
  shown = now;
}, 2000);
`;

/** A part of the page that renews itself. */
export const live = (content: Part): Html => html`<div class="live">${content}</div>`;

/** "1 commit", "2 commits". */
export const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? "" : "s"}`;

/** The whole document. @param nonce what the Content-Security-Policy of the response lets run */
export function renderDocument({ title, content, live: renews, trail = [] }: Page, nonce: string): string {
  const script = renews && html`<script nonce="${nonce}">${trusted(refresh)}</script>`;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><style nonce="${nonce}">${trusted(style)}</style></head>
<body><div class="top"><div class="wide"><a href="/">GitHub simulator</a>${trail.map((part) => html` <span>/</span> ${part}`)}
<small id="pulse" class="${renews ? "on" : ""}">${renews ? "● live" : "on this machine only"}</small></div></div>
<main class="wide">${content}</main>${script}</body></html>`.text;
}

/** The way to a repository, for the top of a page. */
export const trailOf = (owner: string, repo: string): Part[] => [
  html`<span>${owner}</span>`,
  html`<a href="${pathOf(owner, repo)}">${repo}</a>`,
];

/** A path of this site; every segment is encoded. */
export const pathOf = (...segments: (string | number)[]): string =>
  `/${segments.map((segment) => encodeURIComponent(segment)).join("/")}`;

export const time = (iso: string): Html =>
  html`<time datetime="${iso}">${iso.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC")}</time>`;

export const pill = (word: string, kind = word): Html =>
  html`<span class="pill ${kind}">${word.replaceAll("_", " ")}</span>`;

export const labelTags = (labels: readonly Label[]): Html[] =>
  labels.map(({ name, color }) => {
    const dot = html`<svg width="9" height="9" aria-hidden="true"><circle cx="4.5" cy="4.5" r="4.5" fill="#${color}"/></svg>`;
    return html`<span class="tag">${dot}${name}</span>`;
  });

/** `rows` in a frame, or a quiet word where there are none. */
export const card = (rows: readonly Html[], none: string): Html =>
  html`<div class="card">${rows.length > 0 ? rows : html`<div class="row quiet">${none}</div>`}</div>`;

export const commitRows = (owner: string, repo: string, commits: readonly CommitLine[]): Html[] =>
  commits.map(
    ({ sha, subject, author, committedAt }) => html`<div class="row"><a href="${pathOf(owner, repo, "commit", sha)}">
      <code>${sha.slice(0, 7)}</code></a> <span>${subject}</span> <span class="quiet">${author}, ${time(committedAt)}</span></div>`,
  );

export const checkRows = (owner: string, repo: string, checks: readonly CheckLine[]): Html[] =>
  checks.map(
    ({ id, name, status, conclusion, title }) => html`<div class="row">${pill(conclusion ?? status)}
      <strong><a href="${pathOf(owner, repo, "runs", id)}">${name}</a></strong> <span class="quiet">${title}</span></div>`,
  );

/** Issues or pull requests. */
export const issueRows = (owner: string, repo: string, kind: "issues" | "pull", issues: readonly IssueLine[]): Html[] =>
  issues.map(
    ({ number, title, state, author, createdAt, labels, draft }) => html`<div class="row">
      ${draft && state === "open" ? pill("draft") : pill(state)} <strong><a href="${pathOf(owner, repo, kind, number)}">${title}</a></strong>
      ${labelTags(labels)} <span class="quiet">#${number} by ${author}, ${time(createdAt)}</span></div>`,
  );
