/** What a request is addressed to: this machine and no other, and of its addresses the REST API's or the site's. */
import type { IncomingMessage } from "node:http";

/**
 * Whether the client asked for this machine by a name of its own. A web page can let its own name lead to 127.0.0.1 and
 * would then speak as a page of this site; the name in `Host` gives it away.
 */
export const isForLoopback = ({ headers }: IncomingMessage): boolean =>
  /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i.test(headers.host ?? "");
