/**
 * The simulator's pages for people: every link that an API answer calls `html_url` opens here. Rendered on the server;
 * what a page may load or run is its own style and its own refresh script, by nonce, and nothing else.
 */
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { issuePage, pullPage } from "./conversation-pages.ts";
import { isFromHere, readCommentForm } from "./form.ts";
import { html } from "./html.ts";
import { type Page, pathOf, renderDocument } from "./layout.ts";
import { checkPage, commitPage, filePage, indexPage, repositoryPage } from "./repository-pages.ts";
import type { PageView } from "./view.ts";

/** Answers the request when it is one for a page; false, with nothing sent, leaves it to the API and git. */
export type Pages = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<boolean>;

type Answer = { page: Page; status?: number } | { location: string };
type Route = (view: PageView, parameters: string[], url: URL) => Promise<Answer | undefined>;

/** First segments of API paths. GitHub, too, lets nobody have these names. */
const reserved = new Set(
  "api app app-manifests apps graphql installation installations meta octocat organizations orgs rate_limit repos search user users zen".split(
    " ",
  ),
);

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

const showCheck: Route = async (view, [owner = "", repo = "", id]) =>
  pageOf(await view.checkRun(owner, repo, number(id)), (check) => checkPage(owner, repo, check));

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
const commentPath = new RegExp(`${here}/issues/(\\d+)/comments$`);

function decodeAll(segments: readonly string[]): string[] | undefined {
  try {
    return segments.map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

const isGit = (path: string) => /\.git(\/|$)|\/(info\/refs|git-(upload|receive)-pack)$/.test(path);

/** The answer to a GET, or false when the path is none of a page. */
async function open(view: PageView, url: URL): Promise<Answer | undefined | false> {
  for (const [pattern, route] of routes) {
    const found = pattern.exec(url.pathname);
    const parameters = found && decodeAll(found.slice(1));
    if (parameters) return route(view, parameters, url);
  }
  return false;
}

const problem = (status: number, words: string): Answer => ({
  status,
  page: { title: words, content: html`<h1>${words}</h1>` },
});

async function comment(view: PageView, request: IncomingMessage, parameters: string[]): Promise<Answer> {
  const [owner = "", repo = "", at] = parameters;
  if (!isFromHere(request)) return problem(403, "This form was sent by another site.");
  const form = await readCommentForm(request);
  if ("wrong" in form) return problem(400, form.wrong);
  if (!(await view.issue(owner, repo, number(at)))) return problem(404, "No such issue.");
  // Only whom the form offers: never the App's bot, and nobody who does not exist yet.
  const people = await view.people(owner, repo);
  if (!people.some(({ login }) => login === form.login)) return problem(422, "Nobody can write here by that name.");
  const refusal = await view.postComment(owner, repo, number(at), form.login, form.body);
  if (refusal) return problem(422, refusal.refused);
  return { location: `${pathOf(owner, repo, "issues", number(at))}?as=${encodeURIComponent(form.login)}#write` };
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

/** "/" is the API's root as well: there the page is for those who do not ask for JSON. */
export function makePages(view: PageView): Pages {
  return async (request, response, url) => {
    const wantsHtml = request.headers.accept?.includes("text/html") === true;
    if (reserved.has(url.pathname.split("/")[1] ?? "") || isGit(url.pathname)) return false;
    // curl asks for anything; a client of the API says which JSON it wants.
    if (url.pathname === "/" && !wantsHtml && request.headers.accept !== "*/*") return false;
    if (request.method === "POST") {
      const parameters = decodeAll(commentPath.exec(url.pathname)?.slice(1) ?? []);
      if (!parameters || parameters.length === 0) return false;
      send(response, await comment(view, request, parameters));
      return true;
    }
    if (request.method !== "GET") return false;
    const answer = await open(view, url);
    if (answer === false || (answer === undefined && !wantsHtml)) return false;
    send(response, answer ?? problem(404, "There is no such page."));
    return true;
  };
}
