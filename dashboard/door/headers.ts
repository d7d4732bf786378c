/** What stands above each answer of the dashboard, whatever it is: to whom and to what a browser may give it. */

/** Nothing is loaded, framed or sent but from and to here; no script or style stands in a page itself. */
const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join("; ");

export const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": CSP,
  "x-content-type-options": "nosniff",
  // Not `no-referrer`: a browser then says of a form's page that it has no origin at all. Other sites are told nothing by this either.
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};
