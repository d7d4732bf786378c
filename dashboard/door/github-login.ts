/**
 * Asks GitHub who somebody is, and nothing else: the token that it gives for that is used once and deleted. What a person may see is asked by the App's
 * own rights, each time anew (`rights.ts`). The way to GitHub and back is bound to one browser by a cookie: `state` and the verifier (PKCE) are made of it
 * and of the App's client secret, so nothing has to be remembered here, and nobody can finish a way that another one began.
 */
import { createHash, createHmac, randomBytes } from "node:crypto";
import { z } from "zod";
import { boundedFetch } from "../../src/github-fetch.ts";
import { equalInConstantTime } from "../../src/ingress/signature.ts";
import type { Logger } from "../../src/log.ts";
import type { DashboardConfig } from "../../src/settings/dashboard.ts";
import type { GitHubServer } from "../../src/settings/github-server.ts";

export type GitHubLogin = ReturnType<typeof makeGitHubLogin>;

type Deps = { server: GitHubServer; signIn: NonNullable<DashboardConfig["signIn"]>; now: () => number; log: Logger };

/** As long as GitHub's code is good. */
export const WAY_MS = 10 * 60_000;
/** Strangers can have us ask GitHub. */
const MOST_AT_ONCE = 8;
const COOKIE = /^(\d{13})\.[A-Za-z0-9_-]{43}$/;
const CODE = /^[\x21-\x7e]{1,300}$/;

const tokenShape = z.looseObject({ access_token: z.string().min(1) });
const userShape = z.looseObject({ id: z.int().positive(), login: z.string().min(1).max(100) });

export type GitHubUser = { id: number; login: string };

export function makeGitHubLogin({ server, signIn, now, log }: Deps) {
  const { clientId, clientSecret, url } = signIn;
  const redirectUri = `${url}/callback`;
  const derived = (what: string, way: string): string =>
    createHmac("sha256", clientSecret).update(`orch sign-in ${what} ${way}`).digest("base64url");
  let atOnce = 0;

  /** `cookie`: for this browser, by which it is known when it comes back. */
  function begin(to: string): { cookie: string; location: string } {
    const way = `${now()}.${randomBytes(32).toString("base64url")}`;
    const challenge = createHash("sha256").update(derived("verifier", way)).digest("base64url");
    const query = new URLSearchParams({
      client_id: clientId,
      redirect_uri: redirectUri,
      state: `${derived("state", way)}.${Buffer.from(to).toString("base64url")}`,
      code_challenge: challenge,
      code_challenge_method: "S256",
      allow_signup: "false",
    });
    return { cookie: way, location: `${server.webUrl}/login/oauth/authorize?${query}` };
  }

  type Back = { cookie: string | undefined; code: string | null; state: string | null };

  /** Who came back, and where they wanted to go; undefined where that is not proven. */
  async function finish({ cookie = "", code, state }: Back): Promise<{ user: GitHubUser; to: string } | undefined> {
    const [, begunAt] = COOKIE.exec(cookie) ?? [];
    const [proof = "", to = ""] = (state ?? "").split(".");
    if (begunAt === undefined || now() - Number(begunAt) > WAY_MS) return undefined;
    if (!equalInConstantTime(proof, derived("state", cookie)) || code === null || !CODE.test(code)) return undefined;
    if (atOnce >= MOST_AT_ONCE) return undefined;
    atOnce += 1;
    try {
      const user = await askWho(code, derived("verifier", cookie));
      return { user, to: Buffer.from(to, "base64url").toString("utf8") };
    } catch (error) {
      // GitHub's answer, which has neither code nor token in it.
      log.warn({ err: error }, "somebody could not be signed in by GitHub");
      return undefined;
    } finally {
      atOnce -= 1;
    }
  }

  async function askWho(code: string, verifier: string): Promise<GitHubUser> {
    const token = await tokenFor(code, verifier);
    try {
      const headers = { accept: "application/vnd.github+json", authorization: `Bearer ${token}` };
      const answer = await boundedFetch(`${server.apiUrl}/user`, { method: "GET", headers });
      if (!answer.ok) throw new Error(`GET /user: GitHub answered with ${answer.status}`);
      const { id, login } = userShape.parse(await answer.json());
      return { id, login };
    } finally {
      await forget(token);
    }
  }

  async function tokenFor(code: string, verifier: string): Promise<string> {
    const asked = {
      client_id: clientId,
      client_secret: clientSecret,
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
    };
    const answer = await boundedFetch(`${server.webUrl}/login/oauth/access_token`, {
      method: "POST",
      headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(asked).toString(),
      redirect: "error",
    });
    const said: unknown = await answer.json().catch(() => undefined);
    const read = tokenShape.safeParse(said);
    if (read.success) return read.data.access_token;
    const why = z.looseObject({ error: z.string() }).safeParse(said);
    throw new Error(`GitHub gave no token: ${why.success ? why.data.error.slice(0, 100) : answer.status}`);
  }

  /** One that stays would be good for hours. */
  async function forget(token: string): Promise<void> {
    const basic = Buffer.from(`${clientId}:${clientSecret}`).toString("base64");
    const headers = {
      accept: "application/vnd.github+json",
      authorization: `Basic ${basic}`,
      "content-type": "application/json",
    };
    const init = { method: "DELETE", headers, body: JSON.stringify({ access_token: token }) };
    try {
      const answer = await boundedFetch(`${server.apiUrl}/applications/${clientId}/token`, init);
      if (!answer.ok) throw new Error(`GitHub answered with ${answer.status}`);
    } catch (error) {
      log.warn(
        { err: error },
        "a token for signing in was not deleted at GitHub: it expires by itself, and nobody has it",
      );
    }
  }

  return { begin, finish };
}
