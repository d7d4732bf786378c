/** The pages without a conversation: all repositories, one repository, a file, a commit, a check run. */
import { renderDiff } from "./diff.ts";
import { type Html, html } from "./html.ts";
import { card, commitRows, count, issueRows, live, type Page, pathOf, pill, time, trailOf } from "./layout.ts";
import { renderMarkdown } from "./markdown.ts";
import type { CheckDetail, RepositoryDetail, RepositoryLine } from "./view.ts";

export function indexPage(repositories: readonly RepositoryLine[]): Page {
  const rows = repositories.map(
    ({ owner, name, description, private: hidden, archived }) => html`<div class="row">
      <strong><a href="${pathOf(owner, name)}">${owner}/${name}</a></strong> <span class="tag">${hidden ? "private" : "public"}</span>
      ${archived && html`<span class="tag">archived</span>`} <span class="quiet">${description}</span></div>`,
  );
  const content = html`<h1>Repositories</h1>
    <p class="quiet">A GitHub on this machine: its API, webhooks and git are simulated; nothing here reaches github.com.</p>
    ${card(rows, "No repository yet.")}`;
  return { title: "Repositories", content };
}

export function repositoryPage(repository: RepositoryDetail): Page {
  const { owner, name, description, defaultBranch, files, branches, commits, issues, pulls } = repository;
  const fileRows = files.map(
    (path) =>
      html`<div class="row"><a href="${pathOf(owner, name, "blob", defaultBranch, ...path.split("/"))}"><code>${path}</code></a></div>`,
  );
  const branchRows = branches.map(
    (
      branch,
    ) => html`<div class="row"><code>${branch.name}</code> <span class="quiet"><a href="${pathOf(owner, name, "commit", branch.sha)}">
      <code>${branch.sha.slice(0, 7)}</code></a></span></div>`,
  );
  const content = html`<h1><span class="quiet">${owner} /</span> ${name}</h1>
    <div class="meta"><span class="tag">${repository.private ? "private" : "public"}</span>
    ${repository.archived && html`<span class="tag">archived</span>`} ${description}</div>
    <h2 id="issues">Issues</h2>${card(issueRows(owner, name, "issues", issues), "No issues.")}
    <h2 id="pulls">Pull requests</h2>${card(issueRows(owner, name, "pull", pulls), "No pull requests.")}
    <div class="two"><div><h2>Files at <code>${defaultBranch}</code></h2>${card(fileRows, "No files.")}</div>
    <div><h2>Branches</h2>${card(branchRows, "No branches.")}</div></div>
    <h2>Commits</h2>${card(commitRows(owner, name, commits), "No commits.")}`;
  return {
    title: `${owner}/${name}`,
    content: live(content),
    live: true,
    trail: trailOf(owner, name),
  };
}

export function filePage(owner: string, repo: string, ref: string, path: string, text: string): Page {
  const lines = text.replace(/\n$/, "").split("\n");
  const rows = lines.map((line, at) => html`<tr><td class="no">${at + 1}</td><td>${line}</td></tr>`);
  const content = html`<h1>${path}</h1><div class="meta">at <code>${ref}</code>, ${count(lines.length, "line")}</div>
    <div class="card scroll"><table class="diff"><tbody>${rows}</tbody></table></div>`;
  return { title: `${path} at ${ref}`, content, trail: trailOf(owner, repo) };
}

/** @param shown what `git show` prints */
export function commitPage(owner: string, repo: string, sha: string, shown: string): Page {
  const from = shown.search(/^diff --git /m);
  const [message, diff] = from < 0 ? [shown, ""] : [shown.slice(0, from), shown.slice(from)];
  const content = html`<h1>Commit <code>${sha.slice(0, 7)}</code></h1>
    <div class="card"><pre>${message.trim()}</pre></div>${renderDiff(diff)}`;
  return { title: `Commit ${sha.slice(0, 7)}`, content, trail: trailOf(owner, repo) };
}

/** "Re-run", and the buttons that the App gave the run. */
function checkButtons(owner: string, repo: string, { id, buttons }: CheckDetail, who: Html): Html | undefined {
  if (!buttons) return undefined;
  const own = buttons.map(
    ({ label, description, identifier }) =>
      html`<button name="button" value="${identifier}" title="${description}">${label}</button>`,
  );
  return html`<form class="card write" id="write" method="post" action="${pathOf(owner, repo, "runs", id, "press")}">
    <label>As ${who} <button>Re-run</button>${own}</label></form>`;
}

/** @param who the choice of people in whose name a button is pressed */
export function checkPage(owner: string, repo: string, check: CheckDetail, who: Html): Page {
  const { name, status, conclusion, title, headSha, app, summary, text, detailsUrl, startedAt, completedAt } = check;
  const repository = pathOf(owner, repo).slice(1);
  const part = (markdown: string | undefined): Html | undefined =>
    markdown
      ? html`<div class="card"><div class="body">${renderMarkdown(markdown, repository)}</div></div>`
      : undefined;
  const details = detailsUrl && /^https?:\/\//.test(detailsUrl) && html`<a href="${detailsUrl}">details</a>`;
  const content = html`<h1>${name}${title && html`<span class="quiet">: ${title}</span>`}</h1>
    <div class="meta">${pill(conclusion ?? status)} on <a href="${pathOf(owner, repo, "commit", headSha)}"><code>${headSha.slice(0, 7)}</code></a>
    ${app && html`<span>by ${app}</span>`} ${startedAt && html`<span>· started ${time(startedAt)}</span>`}
    ${completedAt && html`<span>· completed ${time(completedAt)}</span>`} ${details}</div>${part(summary)}${part(text)}`;
  const whole = html`${live(content)}${checkButtons(owner, repo, check, who)}`;
  return { title: `${name} · ${owner}/${repo}`, content: whole, live: true, trail: trailOf(owner, repo) };
}
