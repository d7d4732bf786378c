/** The comments of an issue or pull request, and the box to write one in somebody's name. */
import { type Html, html, trusted } from "./html.ts";
import { pathOf, time } from "./layout.ts";
import { renderMarkdown } from "./markdown.ts";
import type { Comment, IssueDetail, Reaction } from "./view.ts";

export type People = readonly { login: string; role: string }[];

const emoji: { [reaction in Reaction]: string } = {
  "+1": "👍",
  "-1": "👎",
  laugh: "😄",
  confused: "😕",
  heart: "❤️",
  hooray: "🎉",
  rocket: "🚀",
  eyes: "👀",
};

/** Initials instead of a picture, in a colour that depends on the name only. */
function face(login: string): Html {
  const sum = [...login].reduce((total, character) => total + (character.codePointAt(0) ?? 0), 0);
  const kind = login.endsWith("[bot]") ? "bot " : "";
  return html`<div class="face ${kind}hue${sum % 8}" aria-hidden="true">${login.slice(0, 1).toUpperCase()}</div>`;
}

function renderReactions(reactions: Comment["reactions"]): Html | undefined {
  const given = Object.entries(reactions).filter(([, count]) => count > 0) as [Reaction, number][];
  if (given.length === 0) return undefined;
  return html`<div class="reactions">${given.map(([name, count]) => html`<span title="${name}">${emoji[name]} ${count}</span> `)}</div>`;
}

function renderComment(comment: Comment, anchor: string, repository: string): Html {
  const { author, association, body, createdAt, edited, reactions } = comment;
  const bot = author.endsWith("[bot]");
  const role = bot ? "bot" : association.toLowerCase();
  return html`<article class="comment" id="${anchor}">${face(author)}<div class="card">
    <header><strong>${author.replace(/\[bot\]$/, "")}</strong>${role !== "none" && html` <span class="tag">${role}</span>`}
    <a class="quiet" href="#${anchor}">${time(createdAt)}</a>${edited && html` <span class="quiet">· edited</span>`}</header>
    <div class="body">${body.trim() === "" ? html`<em class="quiet">No description.</em>` : renderMarkdown(body, repository)}</div>
    ${renderReactions(reactions)}</div></article>`;
}

/** Opening text and comments, oldest first. */
export function renderConversation(owner: string, repo: string, { opening, comments, number }: IssueDetail): Html {
  const repository = pathOf(owner, repo).slice(1);
  return html`${renderComment(opening, `issue-${number}`, repository)}${comments.map((comment) =>
    renderComment(comment, `issuecomment-${comment.id}`, repository),
  )}`;
}

/** In whose name a form is sent. @param chosen the login that was used last */
export function renderWho(people: People, chosen?: string): Html {
  const options = people.map(({ login, role }) => {
    const selected = login === chosen && trusted(" selected");
    return html`<option value="${login}"${selected}>${login} (${role})</option>`;
  });
  return html`<select name="login">${options}</select>`;
}

export function renderWriteBox(owner: string, repo: string, number: number, people: People, chosen?: string): Html {
  const who = renderWho(people, chosen);
  const to = (what: string) => pathOf(owner, repo, "issues", number, what);
  return html`<form class="card write" id="write" method="post" action="${to("comments")}">
    <label>Write a comment as ${who}</label>
    <textarea name="body" required maxlength="65536" placeholder="/orch fix the failing tests"></textarea>
    <p><span class="quiet">Markdown. It is delivered as a signed webhook, as GitHub would.</span><button>Comment</button></p></form>
    <form class="card write" method="post" action="${to("labels")}"><label>Label <input name="label" required maxlength="50" placeholder="orch">
    as ${who} <button name="do" value="add">Set</button><button name="do" value="remove">Remove</button></label></form>`;
}
