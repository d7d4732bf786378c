/** A standing as a sign and a word: never as a colour alone. The signs stand once in each page that uses them (`SIGNS`). */
import type { RunEnd } from "../../src/task/outcome.ts";
import type { CiView } from "../../src/views/pull-fates.ts";
import { ciWord } from "../../src/words/ci-words.ts";
import { endWords } from "../../src/words/task-words.ts";
import { type Html, html } from "../html.ts";
import type { Standing } from "./standing.ts";

type Tone = "ok" | "bad" | "warn" | "busy" | "done" | "idle";
type Sign = keyof typeof PATHS;
type Badge = { word: string; tone: Tone; sign: Sign };

const BADGES: Record<Standing, Badge> = {
  in_doubt: { word: "in doubt", tone: "bad", sign: "alert" },
  asks: { word: "asks", tone: "warn", sign: "question" },
  proposes: { word: "proposes", tone: "warn", sign: "list" },
  lost: { word: "host silent", tone: "bad", sign: "alert" },
  stopping: { word: "stopping", tone: "idle", sign: "stop" },
  held_up: { word: "GitHub is away", tone: "warn", sign: "clock" },
  publishing: { word: "publishing", tone: "busy", sign: "up" },
  verifying: { word: "verifying", tone: "busy", sign: "check" },
  working: { word: "working", tone: "busy", sign: "play" },
  preparing: { word: "preparing", tone: "busy", sign: "dots" },
  no_host: { word: "no host", tone: "bad", sign: "alert" },
  paused: { word: "paused", tone: "warn", sign: "pause" },
  limited: { word: "limited", tone: "idle", sign: "clock" },
  no_budget: { word: "no budget", tone: "warn", sign: "coin" },
  asks_manager: { word: "asks its manager", tone: "idle", sign: "question" },
  behind: { word: "behind another", tone: "idle", sign: "dots" },
  team: { word: "team at work", tone: "busy", sign: "team" },
  queued: { word: "queued", tone: "idle", sign: "dots" },
  to_repair: { word: "failed", tone: "bad", sign: "cross" },
  to_review: { word: "to review", tone: "ok", sign: "pull" },
  merged: { word: "merged", tone: "done", sign: "merge" },
  closed: { word: "closed", tone: "idle", sign: "stop" },
  delivered: { word: "pull request", tone: "ok", sign: "pull" },
  reviewed: { word: "reviewed", tone: "ok", sign: "check" },
  no_changes: { word: "no changes", tone: "idle", sign: "minus" },
  cancelled: { word: "cancelled", tone: "idle", sign: "stop" },
  not_started: { word: "refused", tone: "bad", sign: "stop" },
  failed: { word: "failed", tone: "bad", sign: "cross" },
  could_not_run: { word: "could not run", tone: "bad", sign: "alert" },
};

const ENDS: Partial<Record<RunEnd, Pick<Badge, "tone" | "sign">>> = {
  pull_request: { tone: "ok", sign: "pull" },
  merged: { tone: "done", sign: "merge" },
  reviewed: { tone: "ok", sign: "check" },
  parked: { tone: "idle", sign: "pause" },
  limited: { tone: "idle", sign: "clock" },
  no_changes: { tone: "idle", sign: "minus" },
  cancelled: { tone: "idle", sign: "stop" },
};

export const standingBadge = (standing: Standing): Html => badge(BADGES[standing]);

/** How one run ended; without an end it is at work. */
export const endBadge = (end: RunEnd | undefined): Html =>
  end === undefined
    ? badge({ word: "at work", tone: "busy", sign: "play" })
    : badge({ word: endWords[end], ...(ENDS[end] ?? { tone: "bad", sign: "cross" }) });

/** Of the newest commit of a pull request. */
export function ciBadge(ci: CiView | undefined): Html {
  const word = ciWord(ci);
  if (!ci?.said) return badge({ word, tone: "idle", sign: "clock" });
  return badge({ word, ...(ci.said === "green" ? { tone: "ok", sign: "check" } : { tone: "bad", sign: "cross" }) });
}

/** For what is no task. */
export const badge = ({ word, tone, sign: name }: Badge): Html =>
  html`<span class="badge ${tone}">${sign(name)}<span>${word}</span></span>`;

const sign = (name: Sign): Html =>
  html`<svg class="sign" width="16" height="16" aria-hidden="true"><use href="#sign-${name}"/></svg>`;

/** Drawn for a field of 16 by 16, in lines of 1.5. */
const PATHS = {
  alert: "M8 2 14.5 13.5h-13zM8 6.5v3M8 11.5v.01",
  question:
    "M14.25 8A6.25 6.25 0 1 1 1.75 8a6.25 6.25 0 0 1 12.5 0M6.2 6.3a1.8 1.8 0 1 1 2.6 1.7c-.6.3-.8.6-.8 1.2M8 11.3v.01",
  list: "M2.5 4h.01M2.5 8h.01M2.5 12h.01M5.5 4h8M5.5 8h8M5.5 12h8",
  stop: "M14.25 8A6.25 6.25 0 1 1 1.75 8a6.25 6.25 0 0 1 12.5 0M3.6 3.6l8.8 8.8",
  clock: "M14.25 8A6.25 6.25 0 1 1 1.75 8a6.25 6.25 0 0 1 12.5 0M8 4.5V8l2.5 1.5",
  up: "M8 13V3M4 7l4-4 4 4",
  check: "M2.5 8.5 6.5 12.5 13.5 4",
  play: "M14.25 8A6.25 6.25 0 1 1 1.75 8a6.25 6.25 0 0 1 12.5 0M6.5 5.3v5.4L10.8 8z",
  dots: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  pause: "M14.25 8A6.25 6.25 0 1 1 1.75 8a6.25 6.25 0 0 1 12.5 0M6.3 5.5v5M9.7 5.5v5",
  coin: "M14.25 8A6.25 6.25 0 1 1 1.75 8a6.25 6.25 0 0 1 12.5 0M8 4v8M10 5.8c-.4-.6-1.1-.9-2-.9-1.1 0-1.9.5-1.9 1.5C6.1 8.6 10 7.4 10 9.6c0 1-.9 1.5-2 1.5-.9 0-1.7-.3-2.1-1",
  team: "M5.5 7a2.25 2.25 0 1 0 0-4.5 2.25 2.25 0 0 0 0 4.5M1.5 13c0-2.2 1.8-3.5 4-3.5s4 1.3 4 3.5M10.5 3a2 2 0 0 1 0 4M11.5 9.7c1.8.3 3 1.5 3 3.3",
  cross: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  pull: "M4 5.5v5M4 2.2a1.6 1.6 0 1 0 .01 0M4 10.5a1.6 1.6 0 1 0 .01 0M12 10.5V6.5a2 2 0 0 0-2-2H7.5M9 2.5l-2 2 2 2M12 10.5a1.6 1.6 0 1 0 .01 0",
  merge:
    "M4 5.5v5M4 2.2a1.6 1.6 0 1 0 .01 0M4 10.5a1.6 1.6 0 1 0 .01 0M4 5.5c0 2.5 2.5 3 6.2 3M12 6.9a1.6 1.6 0 1 0 .01 0",
  minus: "M3 8h10",
} as const;

/** Hidden; `sign` shows one of them. */
export const SIGNS: Html = html`<svg class="unseen" width="0" height="0" aria-hidden="true"><defs>${Object.entries(
  PATHS,
).map(
  ([name, path]) => html`<symbol id="sign-${name}" viewBox="0 0 16 16"><path d="${path}"/></symbol>`,
)}</defs></svg>`;
