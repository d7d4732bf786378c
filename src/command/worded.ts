/**
 * Verbs behind which a person's own words stand: `/orch tell use tabs`. Only where the verb comes first, so that a sentence in which
 * it stands further on stays a request.
 */

import type { Unclear } from "./meaning.ts";
import { joinSettings, readSettings, settingBehind } from "./settings.ts";
import { type Settings, VERBS, type WordedVerb, wordedVerbSpelled } from "./verbs.ts";

/** `task`: the first of the words, where it may be the beginning of a task's id; whether it is one, only who knows the tasks can say. */
export type Worded = {
  [Kind in WordedVerb]: { kind: Kind; words: string; task?: string; settings?: Settings };
}[WordedVerb];

/** May stand before the verb, and change nothing. */
const BEFORE = /^(?:(?:and|please|pls|plz|kindly)[\s,]+)*/i;
const FIRST_WORD = /^([a-z]+)(?:[:,]+(?=\s|$)|[.!?…]*$|(?=\s))\s*/i;

/** Undefined where the text does not begin with such a verb. `isLikeId`: whether a word may be a task's id. */
export function wordedVerbIn(
  text: string,
  before: Settings,
  isLikeId: (word: string) => boolean,
): Worded | Unclear | undefined {
  const from = text.replace(BEFORE, "");
  const [whole = "", word = ""] = FIRST_WORD.exec(from) ?? [];
  const verb = wordedVerbSpelled(word.toLowerCase());
  if (!verb) return undefined;
  const { unless = [], takesSettings, standsAlone } = VERBS[verb];
  const rest = from.slice(whole.length);
  if (unless.includes(bare(firstOf(rest)).toLowerCase())) return undefined;
  const read = takesSettings ? readSettings(rest) : { settings: {}, rest };
  if (read.problem) return { kind: "setting", problem: read.problem };
  const settings = joinSettings(before, read.settings);
  if ("what" in settings) return { kind: "setting", problem: settings };
  const isSet = Object.keys(settings).length > 0;
  if (isSet && !takesSettings) return { kind: "setting", problem: { what: "not_for", verb } };
  const behind = takesSettings ? settingBehind(read.rest) : undefined;
  if (behind) return { kind: "setting", problem: behind };
  const isAlone = !/[^\s\p{Cf}\p{P}]/u.test(read.rest);
  if (isAlone && !standsAlone) return { kind: "wordless", verb };
  const name = bare(firstOf(read.rest)).toLowerCase();
  return {
    ...{ kind: verb, words: isAlone ? "" : read.rest },
    ...(isLikeId(name) && VERBS[verb].namesTask && { task: name }),
    ...(isSet && { settings }),
  };
}

/** What is said when the first of the words has turned out to name the task. */
export const withoutName = (words: string): string => words.slice(firstOf(words).length).trimStart();

const firstOf = (text: string): string => /^\S*/.exec(text)?.[0] ?? "";
const bare = (word: string): string => word.replace(/^[`'"(<[*_]+|[`'")>\]*_.,;:!?]+$/g, "");
