/** A browser at a dashboard, as far as HTTP goes: signed in by a one-time link, it sends what a browser sends, cookie and form token included. */

import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { Readable } from "node:stream";
import { makeLink } from "../../dashboard/door/links.ts";
import { connectRedis, waitForRedis } from "../../src/task/redis.ts";

type Sent = { method?: "GET" | "POST"; headers?: Record<string, string>; body?: string; signal?: AbortSignal };

/** As it stands: `fetch` would say of itself that it is a script (`Sec-Fetch-Mode`), and follow where it is sent. */
export async function send(url: string, { method = "GET", headers = {}, body, signal }: Sent = {}): Promise<Response> {
  const sent = request(url, { method, headers, ...(signal && { signal }) });
  sent.end(body);
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  const given = new Headers();
  for (const [name, values] of Object.entries(answer.headersDistinct))
    for (const value of values ?? []) given.append(name, value);
  return new Response(Readable.toWeb(answer) as ReadableStream, { status: answer.statusCode ?? 0, headers: given });
}

/** What a browser says of somebody who goes somewhere by themselves, and of a form of one of the site's own pages. */
const GOING = { "sec-fetch-site": "none", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
const fromPage = (url: string) => ({ ...GOING, origin: url, "sec-fetch-site": "same-origin" });

/** `redisUrl`: of the bot whose dashboard is at `url`. `by`: who the operator is. */
export async function signIn({ url, redisUrl, by = "root" }: { url: string; redisUrl: string; by?: string }) {
  const redis = connectRedis(redisUrl, "test-dashboard");
  await waitForRedis(redis, 5_000);
  const link = await makeLink(redis, url, by).finally(() => redis.disconnect());
  const [, code = ""] = link.split("#");
  const answer = await sendForm(url, "/login", { code });
  if (answer.status !== 303) throw new Error(`signing in: ${answer.status} ${await answer.text()}`);
  return visitorOf(url, cookieIn(answer));
}

/** Somebody with this cookie; without one nobody is signed in. */
export function visitorOf(url: string, cookie: string) {
  const get = (path: string, headers: Record<string, string> = {}, signal?: AbortSignal) =>
    send(`${url}${path}`, { headers: { ...GOING, cookie, ...headers }, ...(signal && { signal }) });

  /** The token that stands in each form of its pages. */
  async function formToken(): Promise<string> {
    const page = await (await get("/")).text();
    const [, token] = /name="token" value="([^"]+)"/.exec(page) ?? [];
    if (token === undefined) throw new Error(`no form on the first page: ${page.slice(0, 300)}`);
    return token;
  }

  /** Sends a form of the page; the answer leads on, mostly (303). */
  async function post(path: string, fields: Record<string, string> = {}, headers: Record<string, string> = {}) {
    return await sendForm(url, path, { token: await formToken(), ...fields }, { cookie, ...headers });
  }

  return { url, cookie, get, formToken, post };
}

export const cookieIn = (answer: Response): string =>
  answer.headers
    .getSetCookie()
    .map((each) => each.split(";", 1)[0] ?? "")
    .filter((each) => !each.endsWith("="))
    .join("; ");

export const sendForm = (
  url: string,
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Response> =>
  send(`${url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", ...fromPage(url), ...headers },
    body: new URLSearchParams(fields).toString(),
  });

export type StreamedEvent = { event: string; data: string; id?: string };

/** Events of a stream as they come; it ends when the stream does, or `signal` says so. */
export async function* eventsOf(answer: Response): AsyncGenerator<StreamedEvent, void, undefined> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const bytes of answer.body ?? []) {
    text += decoder.decode(bytes as Uint8Array, { stream: true });
    const whole = text.split("\n\n");
    text = whole.pop() ?? "";
    for (const each of whole) {
      const lines = each.split("\n");
      const of = (name: string) =>
        lines.flatMap((line) => (line.startsWith(`${name}: `) ? [line.slice(name.length + 2)] : []));
      const [event] = of("event");
      const [id] = of("id");
      if (event !== undefined) yield { event, data: of("data").join("\n"), ...(id !== undefined && { id }) };
    }
  }
}
