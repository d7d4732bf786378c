/** By what one knows Orch in a browser: the sign in the head of each page, and the one of its tab. */
import { type Html, html } from "../html.ts";

/** Three nodes that come together. */
export const MARK: Html = html`<svg class="mark" viewBox="0 0 16 16" width="20" height="20" aria-hidden="true"><path d="M4 4v3a3 3 0 0 0 3 3h5M12 4v2a4 4 0 0 1-4 4" fill="none" stroke="currentColor" stroke-width="1.5"/><circle cx="4" cy="3.5" r="2" fill="currentColor"/><circle cx="12" cy="3.5" r="2" fill="currentColor"/><circle cx="8" cy="12.5" r="2" fill="currentColor"/></svg>`;

export const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cg fill='%23656d76'%3E%3Ccircle cx='4' cy='3.5' r='2.5'/%3E%3Ccircle cx='12' cy='3.5' r='2.5'/%3E%3Ccircle cx='8' cy='12.5' r='2.5'/%3E%3C/g%3E%3Cpath d='M4 4l4 8 4-8' fill='none' stroke='%23656d76' stroke-width='1.5'/%3E%3C/svg%3E";
