/** The pages where people and bots talk: an issue, a pull request. Both renew themselves while somebody looks. */
import { splitDiff } from "../git/split-diff.ts";
import { type People, renderConversation, renderWriteBox } from "./conversation.ts";
import { renderDiff } from "./diff.ts";
import { html } from "./html.ts";
import { card, checkRows, commitRows, count, labelTags, live, type Page, pill, time, trailOf } from "./layout.ts";
import type { IssueDetail, PullDetail } from "./view.ts";

export function issuePage(owner: string, repo: string, issue: IssueDetail, people: People, chosen?: string): Page {
  const { number, title, state, author, createdAt, labels, comments } = issue;
  const content = html`<h1>${title} <span class="quiet">#${number}</span></h1>
    <div class="meta">${pill(state)} <span><strong>${author}</strong> opened this on ${time(createdAt)} · ${count(comments.length, "comment")}</span>
    ${labelTags(labels)}</div>${renderConversation(owner, repo, issue)}`;
  const write = renderWriteBox(owner, repo, number, people, chosen);
  return {
    title: `${title} · #${number}`,
    content: html`${live(content)}${write}`,
    live: true,
    trail: trailOf(owner, repo),
  };
}

function stateOf({ merged, state, draft }: PullDetail) {
  if (merged) return pill("merged");
  if (state === "closed") return pill("closed", "failure");
  return draft ? pill("draft") : pill("open");
}

export function pullPage(owner: string, repo: string, pull: PullDetail, people: People, chosen?: string): Page {
  const { number, title, author, labels, head, base, commits, checks, diff } = pull;
  const changed = splitDiff(diff).length;
  const conversation = html`<h1>${title} <span class="quiet">#${number}</span></h1>
    <div class="meta">${stateOf(pull)} <span><strong>${author}</strong> wants to merge ${count(commits.length, "commit")} into
    <code>${base.ref}</code> from <code>${head.ref}</code></span> ${labelTags(labels)}</div>
    <nav><a href="#conversation">Conversation</a> <a href="#checks">Checks (${checks.length})</a>
    <a href="#commits">Commits (${commits.length})</a> <a href="#files">Files (${changed})</a></nav>
    <section id="conversation">${renderConversation(owner, repo, pull)}</section>`;
  const work = html`<h2 id="checks">Checks</h2>${card(checkRows(owner, repo, checks), "No checks on the newest commit.")}
    <h2 id="commits">Commits</h2>${card(commitRows(owner, repo, commits), "No commits.")}
    <h2 id="files">Files changed</h2>${renderDiff(diff)}`;
  const content = html`${live(conversation)}${renderWriteBox(owner, repo, number, people, chosen)}${live(work)}`;
  return { title: `${title} · #${number}`, content, live: true, trail: trailOf(owner, repo) };
}
