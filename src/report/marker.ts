/**
 * The hidden line by which we find a comment of ours again. It says what the comment is for and carries a MAC over it,
 * so that nobody who can write comments can have a comment of his adopted, edited or deleted as ours.
 */
import { createHmac } from "node:crypto";

const VERSION = "orch-app:1";

/** A task has one progress comment, and one for each question; a reply belongs to the command that it answers; a schedule has one issue, a task that reviews one review. */
export type MarkerKind = "progress" | "reply" | "schedule" | "question" | "review";

const NAMES: Record<MarkerKind, string> = {
  progress: "task",
  reply: "to",
  schedule: "of",
  question: "about",
  review: "by",
};

/** The marker of one comment, or of an issue's text: the same secret, kind and key give the same line. The key may be any text. */
export function makeMarker(secret: string, kind: MarkerKind, key: string): string {
  const mac = createHmac("sha256", secret).update(`${VERSION}|${kind}|${key}`).digest("hex").slice(0, 32);
  return `<!-- ${VERSION} ${NAMES[kind]}=${encodeURIComponent(key)} kind=${kind} mac=${mac} -->`;
}

/** Only a marker at the very end counts: anything before it may be a quotation. */
export function carriesMarker(body: string, marker: string): boolean {
  return body.trimEnd().endsWith(marker);
}
