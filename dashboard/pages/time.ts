/** Times as pages show them. The page's script makes those of the viewer's own clock and time zone of them, and lets ages grow; without it they stand in UTC. */
import { duration } from "../../src/text/amounts.ts";
import { type Html, html } from "../html.ts";

/** "3m ago". Grows on the page. */
export const ago = (at: number, now: number): Html =>
  html`<time datetime="${iso(at)}" data-age="ago" title="${utc(at)}">${duration(now - at)} ago</time>`;

/** "3m": how long something has lasted. Grows on the page. */
export const age = (since: number, now: number): Html =>
  html`<time datetime="${iso(since)}" data-age="for" title="since ${utc(since)}">${duration(now - since)}</time>`;

/** "in 3m", or "3m overdue". */
export const until = (at: number, now: number): Html =>
  html`<time datetime="${iso(at)}" data-age="until" title="${utc(at)}">${at >= now ? `in ${duration(at - now)}` : `${duration(now - at)} overdue`}</time>`;

/** "12:03:11". */
export const clock = (at: number): Html =>
  html`<time datetime="${iso(at)}" data-clock="time" title="${utc(at)}">${iso(at).slice(11, 19)}</time>`;

/** "2026-01-02 12:03". */
export const moment = (at: number): Html =>
  html`<time datetime="${iso(at)}" data-clock="moment" title="${utc(at)}">${iso(at).slice(0, 16).replace("T", " ")}</time>`;

/** A time that no calendar has is shown as the beginning of Unix time: records may hold any number. */
const iso = (at: number): string => new Date(Math.abs(at) <= 8.64e15 ? at : 0).toISOString();

const utc = (at: number): string => `${iso(at).slice(0, 19).replace("T", " ")} UTC`;
