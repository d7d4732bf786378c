/** What is shown to whoever is not in, or asks for what there is not: nothing of it depends on what there is. */
import { documentOf } from "../document.ts";
import { type Html, html } from "../html.ts";
import type { Answer } from "../visit.ts";
import { MARK } from "./brand.ts";

type Page = Extract<Answer, { kind: "page" }>;

export const PROBLEMS = {
  nothing: { status: 404, title: "Nothing here", text: "There is nothing at this address, or nothing for you." },
  host: {
    status: 421,
    title: "Not this address",
    text: "The dashboard does not go by this name. `orch dashboard` prints its address.",
  },
  method: { status: 405, title: "Not so", text: "This address takes GET or POST, and not what was sent." },
  notSignedIn: {
    status: 401,
    title: "Not signed in",
    text: "You are not signed in, or not any more. Nothing was done. The overview asks you to sign in.",
  },
  forged: {
    status: 403,
    title: "Not from here",
    text: "This was not sent by a page of the dashboard, or by one that is too old. Nothing was done: load the page again.",
  },
  tooLarge: { status: 413, title: "Too large", text: "That is more than the dashboard takes. Nothing was done." },
  invalid: { status: 400, title: "Not understood", text: "Something is missing in what was sent. Nothing was done." },
  tooMany: { status: 503, title: "Too many at once", text: "Too many pages are kept up to date at once. Close some." },
  unavailable: { status: 503, title: "Not now", text: "Redis does not answer. Load the page again in a moment." },
  noWrites: {
    status: 503,
    title: "Not now",
    text: "Redis takes nothing new: its disk or its memory may be full, or it is a copy of another one. Nothing was done; whoever is signed in can go on looking. `orch doctor` says more.",
  },
  broken: { status: 500, title: "Something went wrong", text: "That is a mistake of Orch: its log says more." },
} as const;

export type ProblemName = keyof typeof PROBLEMS;

export function problemPage(name: ProblemName): Page {
  const { status, title, text } = PROBLEMS[name];
  const home = name === "host" ? undefined : html`<p><a class="button" href="/">To the overview</a></p>`;
  return { kind: "page", status, body: frame(title, html`<p>${text}</p>${home}`) };
}

export type SignIn = {
  /** Where to go on to. */
  to: string;
  byGitHub: boolean;
  /** Which Orch it is, for whoever has several: the machine's name, or the public address. */
  place: string;
  /** What came of the last try. */
  failed?: "link" | "github";
};

const FAILED: Record<NonNullable<SignIn["failed"]>, Html> = {
  link: html`<p><strong>This link does not work any more.</strong> Each lets somebody in once, within a quarter of an hour; this one was used before, or is older. Print another one on the machine of Orch: <code>npm run orch -- dashboard</code></p>`,
  github: html`<p><strong>GitHub did not confirm who you are.</strong> Try again.</p>`,
};

const WHAT_IT_IS = html`<p>Orch has agents work on what is asked for in issues and pull requests. Here one sees what they do, and what needs somebody.</p>`;

/** Without a script the code is pasted; with one the link alone is enough. */
export function signInPage({ to, byGitHub, place, failed }: SignIn): Page {
  const said = failed && html`<div class="door-said" role="alert">${FAILED[failed]}</div>`;
  const github =
    byGitHub &&
    html`<p><a class="button main wide" href="/login/github?${toQuery(to)}">Sign in with GitHub</a></p>
<p class="door-or">or</p>`;
  const link = html`<form method="post" action="/login" id="by-link">
<input type="hidden" name="to" value="${to}">
<label for="code">The code of a one-time link, which is what stands behind its <code>#</code></label>
<div class="door-code"><input id="code" name="code" type="password" autocomplete="off" required maxlength="100"><button${!byGitHub && html` class="main"`} type="submit">Sign in</button></div>
</form>`;
  const hint =
    failed !== "link" &&
    html`<p class="muted">Whoever operates Orch prints a link on its machine: <code>npm run orch -- dashboard</code></p>`;
  const body = html`<p class="door-place">${place}</p>${WHAT_IT_IS}${said}${github}${link}${hint}`;
  return { kind: "page", status: failed ? 403 : 200, body: frame("Sign in", body, ["sign-in.js"]) };
}

const toQuery = (to: string): string => new URLSearchParams({ to }).toString();

/** The cookie that goes with this page is sent with what the page itself asks for next, and not with what GitHub sent the browser to. */
export function signedInPage(to: string): Page {
  const body = html`<p>You are signed in. <a href="${to}">Go on</a></p>`;
  return { kind: "page", body: frame("Signed in", body, [], html`<meta http-equiv="refresh" content="0; url=${to}">`) };
}

/** What is asked for from here comes with the cookie, which a link from another site does not bring along. */
export function goOnPage(to: string): Page {
  const head = html`<meta http-equiv="refresh" content="0; url=${to}">`;
  return { kind: "page", body: frame("Orch", html`<p><a href="${to}">Go on</a></p>`, [], head) };
}

function frame(title: string, body: Html, scripts: readonly string[] = [], head?: Html): Html {
  const main = html`<main id="content" class="door"><p class="door-brand">${MARK}<span>Orch</span></p>
<h1>${title}</h1>
${body}</main>`;
  return documentOf({ title, body: main, scripts, head });
}
