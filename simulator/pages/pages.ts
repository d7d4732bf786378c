/**
 * The simulator's pages for people: every link that an API answer calls `html_url` opens here. Rendered on the server;
 * what a page may load or run is its own style and its own refresh script, by nonce, and nothing else.
 */
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { renderWho } from "./conversation.ts";
import { issuePage, pullPage } from "./conversation-pages.ts";
import { html } from "./html.ts";
import { type Page, pathOf, renderDocument } from "./layout.ts";
import { answerPost } from "./posts.ts";
import { checkPage, commitPage, filePage, indexPage, repositoryPage } from "./repository-pages.ts";
import type { PageView } from "./view.ts";

/** Answers every request that is neither the API's nor git's, whatever the client says it accepts: curl sees pages, too. */
export type Pages = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void>;

type Answer = { page: Page; status?: number } | { location: string };
type Route = (view: PageView, parameters: string[], url: URL) => Promise<Answer | undefined>;

const number = (text: string | undefined) => Number(text);

/** @returns undefined where the value is, so that a route ends in "no such page" */
const pageOf = <Value>(value: Value | undefined, make: (value: Value) => Page): Answer | undefined =>
  value === undefined ? undefined : { page: make(value) };

const showRepository: Route = async (view, [owner = "", repo = ""]) =>
  pageOf(await view.repository(owner, repo), repositoryPage);

const showIssue: Route = async (view, [owner = "", repo = "", at], url) => {
  const issue = await view.issue(owner, repo, number(at));
  if (issue?.isPull) return { location: `${pathOf(owner, repo, "pull", issue.number)}${url.search}` };
  const people = await view.people(owner, repo);
  return pageOf(issue, (found) => issuePage(owner, repo, found, people, url.searchParams.get("as") ?? undefined));
};

const showPull: Route = async (view, [owner = "", repo = "", at], url) => {
  const pull = await view.pull(owner, repo, number(at));
  if (!pull && (await view.issue(owner, repo, number(at))))
    return { location: pathOf(owner, repo, "issues", number(at)) };
  const people = await view.people(owner, repo);
  return pageOf(pull, (found) => pullPage(owner, repo, found, people, url.searchParams.get("as") ?? undefined));
};

const showFile: Route = async (view, [owner = "", repo = "", ref = "", path = ""]) =>
  pageOf(await view.file(owner, repo, ref, path), (text) => filePage(owner, repo, ref, path, text));

const showCommit: Route = async (view, [owner = "", repo = "", sha = ""]) =>
  pageOf(await view.commit(owner, repo, sha), (shown) => commitPage(owner, repo, sha, shown));

const showCheck: Route = async (view, [owner = "", repo = "", id], url) => {
  const people = await view.people(owner, repo);
  const chosen = url.searchParams.get("as") ?? undefined;
  return pageOf(await view.checkRun(owner, repo, number(id)), (check) =>
    checkPage(owner, repo, check, renderWho(people, chosen)),
  );
};

const here = "^/([^/]+)/([^/]+)";
const routes: [RegExp, Route][] = [
  [/^\/$/, async (view) => ({ page: indexPage(await view.repositories()) })],
  [new RegExp(`${here}(?:/issues|/pulls|/branches|/tree/.+)?/?$`), showRepository],
  [new RegExp(`${here}/issues/(\\d+)$`), showIssue],
  [new RegExp(`${here}/pull/(\\d+)(?:/(?:files|commits|checks))?$`), showPull],
  [new RegExp(`${here}/blob/([^/]+)/(.+)$`), showFile],
  [new RegExp(`${here}/commit/([0-9a-f]{4,40})$`), showCommit],
  [new RegExp(`${here}/runs/(\\d+)$`), showCheck],
];

function decodeAll(segments: readonly string[]): string[] | undefined {
  try {
    return segments.map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

const problem = (status: number, words: string): Answer => ({
  status,
  page: { title: words, content: html`<h1>${words}</h1>` },
});
const noSuchPage = problem(404, "There is no such page.");

/** The answer to a GET. */
async function open(view: PageView, url: URL): Promise<Answer> {
  for (const [pattern, route] of routes) {
    const found = pattern.exec(url.pathname);
    const parameters = found && decodeAll(found.slice(1));
    if (parameters) return (await route(view, parameters, url)) ?? noSuchPage;
  }
  return noSuchPage;
}

function send(response: ServerResponse, answer: Answer): void {
  if ("location" in answer) {
    response.writeHead(303, { location: answer.location }).end();
    return;
  }
  const nonce = randomBytes(16).toString("base64");
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;
  response.writeHead(answer.status ?? 200, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": policy,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
  });
  response.end(renderDocument(answer.page, nonce));
}

export function makePages(view: PageView): Pages {
  return async (request, response, url) => {
    const { method = "GET" } = request;
    if (method === "GET" || method === "HEAD") return send(response, await open(view, url));
    const posted = method === "POST" ? await answerPost(view, request, url.pathname) : undefined;
    if (!posted) request.resume();
    send(response, posted ? ("location" in posted ? posted : problem(posted.status, posted.words)) : noSuchPage);
  };
}
