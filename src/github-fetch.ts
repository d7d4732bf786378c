/**
 * What every request to GitHub goes through: a bound on its time, the version of the API that we speak, answers that are
 * known already asked for by their ETag, the fence of whoever changes something, and the budget. Octokit's own plugins
 * space requests out; they come before, so that nothing waits between the last check and the sending.
 */
import type { Budget } from "./budget.ts";
import type { Fence } from "./fence.ts";
import { isQuestion } from "./graphql.ts";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** An answer that takes longer is given up, ms. */
const REQUEST_TIMEOUT_MS = 15_000;
/** Without it GitHub would answer in whichever version is its default by then. */
const API_VERSION = "2022-11-28";
/** Answers that are kept, and the size from which on one is not, characters: at most 16 MB. */
const MAX_ANSWERS = 500;
const MAX_ANSWER = 32_000;

export const boundedFetch: Fetch = (url, init) => {
  const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
  const headers = { ...(init.headers as Record<string, string>), "x-github-api-version": API_VERSION };
  return fetch(url, { ...init, headers, signal });
};

type Answer = { etag: string; status: number; headers: [string, string][]; body: string };

/** Answers by who asked what. GitHub judges each time anew whether they may be seen, and whether they still hold. */
export type Answers = ReturnType<typeof makeAnswers>;

export function makeAnswers() {
  const answers = new Map<string, Answer>();
  return {
    get: (key: string) => answers.get(key),
    set(key: string, answer: Answer) {
      answers.delete(key);
      answers.set(key, answer);
      const [oldest] = answers.keys();
      if (answers.size > MAX_ANSWERS && oldest !== undefined) answers.delete(oldest);
    },
  };
}

/** What GitHub says is unchanged costs nothing of the rate limit, and is given as it was. */
export function conditional(send: Fetch, answers: Answers, who: number): Fetch {
  return async (url, init) => {
    const headers = init.headers as Record<string, string>;
    if (init.method !== "GET" || "if-none-match" in headers) return await send(url, init);
    const key = `${who} ${headers.accept} ${url}`;
    const known = answers.get(key);
    const response = await send(url, known ? { ...init, headers: { ...headers, "if-none-match": known.etag } } : init);
    if (known && response.status === 304) return again(url, known, response);
    const etag = response.headers.get("etag");
    if (response.status !== 200 || etag === null) return response;
    const body = await response.text();
    const answer = { etag, status: 200, headers: [...response.headers], body };
    if (body.length <= MAX_ANSWER) answers.set(key, answer);
    return made(url, answer);
  };
}

/** The answer as it was, with what the new one says of our limits. */
function again(url: string, known: Answer, response: Response): Response {
  const headers = new Headers(known.headers);
  for (const [name, value] of response.headers) if (name.startsWith("x-ratelimit-")) headers.set(name, value);
  return made(url, { ...known, headers: [...headers] });
}

/** Octokit counts pages by the address of the answer, which a response that did not come from the network lacks. */
function made(url: string, { body, status, headers }: Answer): Response {
  return Object.defineProperty(new Response(body, { status, headers }), "url", { value: url });
}

function isReading(url: string, { method, body }: RequestInit): boolean {
  if (method === "GET") return true;
  if (!url.endsWith("/graphql") || typeof body !== "string") return false;
  return isQuestion({ method, url, query: (JSON.parse(body) as { query?: unknown }).query });
}

/** Changes go through the fence, one at a time for each task; reading needs none. */
export function behind(fence: Fence, send: Fetch): Fetch {
  return async (url, init) => {
    if (isReading(url, init)) return await send(url, init);
    await fence.before();
    let response: Response;
    try {
      response = await send(url, init);
    } catch (error) {
      await fence.after(false);
      throw error;
    }
    // A proxy may have given up on what GitHub went on with.
    await fence.after(response.status < 500);
    return response;
  };
}

/** What creates or edits text that people are notified of, or read: GitHub limits that besides requests. */
const CONTENT = [
  /^POST .*\/issues\/\d+\/comments$/,
  /^PATCH .*\/issues\/comments\/\d+$/,
  /^POST .*\/(issues|pulls)$/,
  /^PATCH .*\/(issues|pulls)\/\d+$/,
  /^POST .*\/pulls\/\d+\/(comments|reviews)(\/\d+\/replies)?$/,
  /^PATCH .*\/pulls\/comments\/\d+$/,
];

export function isContent(method: string, url: string): boolean {
  const asked = `${method} ${new URL(url).pathname}`;
  return CONTENT.some((pattern) => pattern.test(asked));
}

/** Within the installation's budget, which hears of each answer. Throws `BudgetSpent`. */
export function within(budget: Budget, who: number, send: Fetch): Fetch {
  return async (url, init) => {
    if (isContent(init.method ?? "GET", url)) await budget.spendContent(who);
    const response = await send(url, init);
    budget.heard(who, response);
    return response;
  };
}
