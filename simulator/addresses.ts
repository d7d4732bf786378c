/** What a request is addressed to: this machine and no other, and of its addresses the REST API's or the site's. */
import type { IncomingMessage } from "node:http";

/** First segments at the root that belong to the API. GitHub, too, lets nobody have these names. */
const reserved = new Set(
  "api app app-manifests apps graphql installation installations meta octocat organizations orgs rate_limit repos repositories search user users zen".split(
    " ",
  ),
);

/** Whether the path is the REST API's. Every other is a page of the site: its misses cost and prove nothing. */
export const isApiPath = (path: string): boolean => reserved.has(path.split("/")[1] ?? "");

/** The path as GitHub's own API spells it. */
export const apiPath = (path: string): string =>
  path.replace(/^\/api\/v3(?=\/|$)/, "").replace(/^\/api\/graphql$/, "/graphql") || "/";

/**
 * Whether the client asked for this machine by a name of its own. A web page can let its own name lead to 127.0.0.1 and
 * would then speak as a page of this site; the name in `Host` gives it away.
 */
export const isForLoopback = ({ headers }: IncomingMessage): boolean =>
  /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i.test(headers.host ?? "");
