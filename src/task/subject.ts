/** What a task is about, in a few words: for titles, for commits and for the branch's name. Pure: bot and host arrive at the same. */
import { cut, joinLines } from "../text/bound.ts";
import { visibleText } from "../text/clean.ts";
import { title } from "../text/quote.ts";
import { redact } from "../text/secret-patterns.ts";
import { isWordless } from "./origin.ts";
import { isOwnPlace } from "./own-place.ts";
import type { TaskSpec } from "./task-spec.ts";

type Asked = Pick<TaskSpec, "instruction" | "origin" | "number" | "title" | "id" | "actor">;

/** What people say who mean the issue, or the pull request, as it stands. */
const VERB =
  "(?:fix|solve|resolve|implement|do|address|handle|tackle|close|build|complete|finish|take(?: care of)?|work on|look after|get started (?:on|with)|start(?: (?:on|with))?)";
const THING =
  "(?:th(?:is|at|e) (?:issue|bug|ticket|problem|feature(?: request)?|request|task|report|one|pr|pull request)|this|that|it)";
/** Behind it only more about the same may follow: "fix this by …", not "fix this test". */
const MORE =
  "(?:$|\\W*$|\\s*[.,;:!?(–—-]|\\s+(?:by|with|using|in|on|without|and|but|please|pls|properly|now|so|as|for|via|if|today|too|thanks?|for me|again)\\b)";
const POLITE = "(?:(?:please|pls|hey|hi|could you|can you|go(?: ahead)?(?: and)?|just|try to|let's|lets)[,\\s]+)*";
const ABOUT_THING = new RegExp(`^${POLITE}${VERB} ${THING}${MORE}`, "i");
const BARE = new RegExp(
  `^${POLITE}(?:fix|solve|resolve|implement|do it|go|go ahead|start|begin)\\W*(?:please|pls|thanks)?\\W*$`,
  "i",
);

/**
 * Whether all that the issue, or the pull request, is about was asked for, not something of it or beside it. A label asks for
 * just that. Of a request the words decide, in doubt against it: who asks to "add a test" under an issue does not mean it to be closed.
 * Where the repository asks by itself, the issue is there for the next time as well; and there may be none at all.
 */
export function isAboutAll({ instruction, origin, number, actor }: Asked): boolean {
  if (!actor || isOwnPlace(number)) return false;
  if (isWordless(origin)) return true;
  const words = joinLines(cut(visibleText(instruction), 400));
  if (ABOUT_THING.test(words) || BARE.test(words)) return true;
  return new RegExp(`\\b(?:fix|close|resolve)(?:e?s|e?d|ing)?:?\\s+(?:issue\\s+)?#${number}\\b`, "i").test(words);
}

/** One line: the request in its own words, or the title of what it is all about. It may stand where nothing is markup. */
export function subjectOf(spec: Asked, chars = 72): string {
  const asked = title(spec.instruction, chars).replace(/\.$/, "");
  const subject = isAboutAll(spec) ? title(spec.title, chars) : asked;
  return capitalised(subject || asked) || `Orch task ${spec.id}`;
}

const capitalised = (text: string): string =>
  text.replace(/^[a-z](?=[a-z]*(?:\s|$))/, (letter) => letter.toUpperCase());

const MAX_WORDS = 5;
const MAX_CHARS = 40;

/** The subject as a part of a branch's name, e.g. "fix-the-failing-tests"; empty where it has no Latin letters or digits. */
export function slugOf(spec: Asked): string {
  const subject = isAboutAll(spec) ? spec.title : spec.instruction;
  // Accents go: "café" is written "cafe". What is left out altogether is no letter that every shell and every font has.
  const plain = redact(visibleText(cut(subject, 400)))
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase();
  const words = plain.replace(/['’]/g, "").match(/[a-z0-9]+/g) ?? [];
  let slug = "";
  for (const word of words.slice(0, MAX_WORDS)) {
    const longer = slug === "" ? cut(word, MAX_CHARS) : `${slug}-${word}`;
    if (longer.length > MAX_CHARS) break;
    slug = longer;
  }
  return slug;
}
