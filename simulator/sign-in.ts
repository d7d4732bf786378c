/**
 * People sign in to the App's own pages: GitHub's web application flow, with PKCE. Written by hand from
 * https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app and the page on
 * authorizing OAuth apps; the published description has none of it but the end of a token, which is not judged here.
 */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { apiPath } from "./addresses.ts";
import { basicPassword } from "./auth/actor.ts";
import { type Html, html } from "./pages/html.ts";
import { readBody } from "./read-body.ts";
import { accountByLogin, randomName } from "./store/store.ts";
import type { World } from "./world.ts";

const CODE_MS = 10 * 60_000;
const MOST_BYTES = 64 * 1024;

/** True when it answered. */
export async function answerSignIn(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<boolean> {
  const way = `${request.method} ${apiPath(url.pathname)}`;
  if (way === "GET /login/oauth/authorize") authorize(world, response, url);
  else if (way === "POST /login/oauth/access_token") await giveToken(world, request, response);
  else if (way === `DELETE /applications/${world.app.clientId}/token`) await endToken(world, request, response);
  else return false;
  return true;
}

/** Whoever looks chooses who they are; `as` chooses for them. */
function authorize({ app, signIns, store }: World, response: ServerResponse, url: URL): ServerResponse {
  const { searchParams: query } = url;
  const redirectUri = query.get("redirect_uri") ?? signIns.callbackUrl ?? "";
  if (query.get("client_id") !== app.clientId) return page(response, 404, html`<p>There is no such App.</p>`);
  if (redirectUri !== signIns.callbackUrl)
    return page(response, 400, html`<p>The redirect_uri is not associated with this application.</p>`);
  const method = query.get("code_challenge_method");
  if (query.has("code_challenge") && method !== "S256")
    return page(response, 400, html`<p>code_challenge_method must be S256.</p>`);
  const account = accountByLogin(store, query.get("as") ?? "");
  if (!account) {
    const people = [...store.accounts.values()].filter(({ type }) => type === "User");
    const link = (login: string) => `${url.pathname}?${new URLSearchParams([...query, ["as", login]])}`;
    const list = people.map(({ login }) => html`<li><a href="${link(login)}">${login}</a></li>`);
    return page(response, 200, html`<h1>Sign in as</h1><ul>${list}</ul>`);
  }
  const code = randomName(20);
  const challenge = query.get("code_challenge") ?? undefined;
  signIns.codes.set(code, { accountId: account.id, redirectUri, challenge, expiresAt: Date.now() + CODE_MS });
  const back = new URL(redirectUri);
  back.searchParams.set("code", code);
  back.searchParams.set("state", query.get("state") ?? "");
  return response.writeHead(302, { location: back.href }).end();
}

async function giveToken({ app, signIns }: World, request: IncomingMessage, response: ServerResponse) {
  const form = new URLSearchParams((await readBody(request, MOST_BYTES))?.toString() ?? "");
  const refuse = (error: string) =>
    json(response, 200, { error, error_description: error.replaceAll("_", " "), error_uri: "https://docs.github.com" });
  if (form.get("client_id") !== app.clientId || form.get("client_secret") !== signIns.clientSecret)
    return refuse("incorrect_client_credentials");
  const code = signIns.codes.get(form.get("code") ?? "");
  signIns.codes.delete(form.get("code") ?? "");
  if (!code || code.expiresAt <= Date.now()) return refuse("bad_verification_code");
  if (form.get("redirect_uri") !== code.redirectUri) return refuse("redirect_uri_mismatch");
  const proven = createHash("sha256")
    .update(form.get("code_verifier") ?? "")
    .digest("base64url");
  if (code.challenge !== undefined && proven !== code.challenge) return refuse("bad_verification_code");
  const token = `ghu_${randomName(36)}`;
  signIns.tokens.set(token, code.accountId);
  return json(response, 200, { access_token: token, token_type: "bearer", scope: "" });
}

async function endToken({ signIns }: World, request: IncomingMessage, response: ServerResponse) {
  const [, basic = ""] = /^basic (.+)$/i.exec(request.headers.authorization ?? "") ?? [];
  const body = (await readBody(request, MOST_BYTES))?.toString() ?? "";
  if (basicPassword(basic) !== signIns.clientSecret) return json(response, 404, { message: "Not Found" });
  const { access_token: token } = JSON.parse(body) as { access_token?: string };
  if (!signIns.tokens.delete(token ?? "")) return json(response, 422, { message: "Validation Failed" });
  return response.writeHead(204).end();
}

function json(response: ServerResponse, status: number, body: object): ServerResponse {
  return response.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(body));
}

function page(response: ServerResponse, status: number, content: Html): ServerResponse {
  const whole = html`<!doctype html><meta charset="utf-8"><title>Sign in</title>${content}`;
  return response.writeHead(status, { "content-type": "text/html; charset=utf-8" }).end(whole.text);
}
