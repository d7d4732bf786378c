/**
 * What the text of one command means: a verb, a request, or something that has to be answered. Whoever wants something
 * stopped, or only says hello, must not start an agent; whoever wants work done says so in two words or more.
 */
import { isProposalName } from "../task/proposal.ts";
import { isNear } from "./near.ts";
import { CHATTY, COURTESY, LEADING, LONE_REQUESTS, onlyThanks, POLITE, RESERVED, SAID, type Said } from "./sayings.ts";
import { joinSettings, readSettings, type SettingProblem, settingBehind } from "./settings.ts";
import { SETTING_NAMES, type Settings, VERB_NAMES, VERBS, type Verb, verbSpelled, type WordedVerb } from "./verbs.ts";
import { type Worded, wordedVerbIn } from "./worded.ts";

type PlainVerb = Exclude<Verb, WordedVerb>;

export type Meaning =
  | { kind: "task"; instruction: string; settings?: Settings }
  | { [Kind in PlainVerb]: { kind: Kind } & Behind }[PlainVerb]
  | Worded
  | { kind: "misunderstood"; reason: Unclear };

/** What may stand behind a verb; which verb takes what: `verbs.ts`. */
type Behind = {
  /** The beginning of a task's id. Without it `cancel` means every open task of the issue, each other verb the newest one. */
  task?: string;
  settings?: Settings;
};

/** Why words are neither a verb nor a request. */
export type Unclear =
  /** They resemble a verb, or stand for one: `verb` as it would be written. */
  | { kind: "mistyped"; verb: string }
  /** A lone word that may become a verb. */
  | { kind: "reserved"; word: string }
  /** Something that is done cannot be undone by a command. */
  | { kind: "undo"; word: string }
  | { kind: "chat"; about: "thanks" | "hello" | "noted" }
  /** One word says too little. */
  | { kind: "one_word"; word: string }
  | { kind: "setting"; problem: SettingProblem }
  /** A verb behind which nothing is said. */
  | { kind: "wordless"; verb: WordedVerb }
  | { kind: "too_long" };

export const MAX_INSTRUCTION = 4_000;

/** Marks that may stand around a word: a task's id is often copied with its code marks. */
const AROUND = /^[`'"“”‘’«»()[\]<>*_]+|[`'"“”‘’«»()[\]<>*_.,;:!?…]+$/g;
const ENDS_SENTENCE = /[.,;!…]$/;
/** Behind a word: what follows is why it was said. */
const GIVES_REASON = /:$/;
const BEGINS_REASON = /^(?:[-–—]{1,3}$|\()/;
/** Before a verb, as in a list, and behind it: `- cancel`, `thanks :)`. */
const DASHES = /^[-–—→>*+=]{1,3}$/;
const SMILEY = /^(?:[:;=8][-']?[()dp/|*]|<3)$/;
const TASK_ID = /^t[a-z2-7]{15}$/;
/** A word that is hardly anything but a task's id, or the beginning of one, or the name of a proposal. */
const isLikeId = (word: string): boolean =>
  TASK_ID.test(word) || isProposalName(word) || /^(?=.*[2-7])[a-z2-7]{4,16}$/.test(word);

/** The words of a command, as far as they say what it is. */
type Words = {
  /** From the first one that may be a verb. */
  core: string[];
  /** What stands behind that and is more than politeness. */
  others: string[];
  /** The first one ends a sentence: `stop, this is wrong`. */
  stands: boolean;
  /** So it does, or a colon, a dash or a parenthesis follows: `stop – wrong issue`. */
  isExplained: boolean;
};

export function meaningOf(text: string): Meaning {
  const { settings, rest, problem } = readSettings(text);
  if (problem) return unclear({ kind: "setting", problem });
  const isSet = Object.keys(settings).length > 0;
  if (rest === "") return isSet ? unclear({ kind: "setting", problem: { what: "no_request" } }) : { kind: "help" };
  if (rest.length > MAX_INSTRUCTION) return unclear({ kind: "too_long" });
  const worded = wordedVerbIn(rest, settings, isLikeId);
  if (worded) return isUnclear(worded) ? unclear(worded) : worded;
  const words = wordsOf(rest);
  const known = verbIn(rest, words, settings) ?? notAVerb(words, rest);
  if (known) return known;
  const behind = settingBehind(rest);
  if (behind) return unclear({ kind: "setting", problem: behind });
  return { kind: "task", instruction: rest, ...(isSet && { settings }) };
}

/** People say why they stop something, or want it once more; of what they ask to be told they do not. */
const CARRIES_REASON: ReadonlySet<Verb> = new Set<Verb>(["cancel", "retry"]);

const isUnclear = (found: Worded | Unclear): found is Unclear => !("words" in found);

/** A verb with at most one word of its own behind it. */
function verbIn(text: string, words: Words, before: Settings): Meaning | undefined {
  const verb = verbSpelled(words.core[0] ?? "");
  if (!verb) return undefined;
  const parted = partOff(text);
  const { core, others, isExplained } = wordsOf(parted.words);
  const meant = others.filter((word) => !VERBS[verb].filler?.includes(word) && verbSpelled(word) !== verb);
  const reasons = meant.filter((word) => !isLikeId(word));
  const explains =
    CARRIES_REASON.has(verb) && reasons.length > 0 && (isExplained || endsSentence(parted.words, meant[0] ?? ""));
  if (explains) return unclear({ kind: "mistyped", verb: core[0] ?? verb });
  const named = VERBS[verb].takesSettings && meant.length === 2 && SETTING_NAMES.find((key) => key === meant[0]);
  if (named) return unclear({ kind: "setting", problem: { what: "form", key: named } });
  if (meant.length > 1) return undefined;
  if (parted.problem) return unclear({ kind: "setting", problem: parted.problem });
  const settings = joinSettings(before, parted.settings);
  if ("what" in settings) return unclear({ kind: "setting", problem: settings });
  const isSet = Object.keys(settings).length > 0;
  const { namesTask, takesSettings } = VERBS[verb];
  if (isSet && !takesSettings) return unclear({ kind: "setting", problem: { what: "not_for", verb } });
  const task = namesTask ? meant[0] : undefined;
  return { kind: verb, ...(task !== undefined && { task }), ...(isSet && { settings }) } as Meaning;
}

/** The beginning of a task's id with a reason behind it: `retry tab2c, it was flaky`. */
function endsSentence(text: string, word: string): boolean {
  return isLikeId(word) && new RegExp(`\\b${word}[\`'")]*\\s*[.,;:!(–—-]`, "i").test(text);
}

/** The settings among the words of a verb, wherever they stand. */
function partOff(text: string): { words: string; settings: Settings; problem?: SettingProblem } {
  let settings: Settings = {};
  const words: string[] = [];
  for (let rest = text; rest !== ""; ) {
    const read = readSettings(rest);
    const joined = joinSettings(settings, read.settings);
    const problem = read.problem ?? ("what" in joined ? joined : undefined);
    if (problem && words.length > 0) return { words: [...words, ...withoutValues(rest)].join(" "), settings, problem };
    if (!("what" in joined)) settings = joined;
    const [word = ""] = /^\S*/.exec(read.rest) ?? [];
    if (word !== "") words.push(word);
    rest = read.rest.slice(word.length).trimStart();
  }
  return { words: words.join(" "), settings };
}

const withoutValues = (text: string): string[] => text.split(/\s+/).slice(1);

/** Words that are neither a verb nor a request. */
function notAVerb({ core, others, stands }: Words, text: string): Meaning | undefined {
  if (onlyThanks(text)) return unclear({ kind: "chat", about: "thanks" });
  const [first = "", second = ""] = core;
  const whole = SAID.get(core.join(" "));
  if (whole) return answerTo(whole, first);
  const saying = SAID.get(`${first} ${second}`) ?? SAID.get(first);
  const behind = SAID.has(`${first} ${second}`) ? others.filter((word) => word !== second) : others;
  if (saying && fits(saying, behind, stands)) return answerTo(saying, first);
  if (RESERVED.has(first) && behind.every(isLikeId)) return unclear({ kind: "reserved", word: first });
  return loneWord(core, others);
}

/** Only what is said of a running task may have a word behind it. */
function fits(saying: Said, others: readonly string[], stands: boolean): boolean {
  if (others.length === 0) return true;
  if (saying !== "undo" && "chat" in saying) return others.every((word) => CHATTY.has(word));
  return others.length === 1 || (stands && saying !== "undo" && saying.verb === "cancel");
}

function answerTo(saying: Said, word: string): Meaning {
  if (saying === "undo") return unclear({ kind: "undo", word });
  if ("chat" in saying) return unclear({ kind: "chat", about: saying.chat });
  return unclear({ kind: "mistyped", verb: saying.verb });
}

function loneWord(core: readonly string[], others: readonly string[]): Meaning | undefined {
  const [first = ""] = core;
  const alone = core.slice(1).every((word) => COURTESY.has(word));
  if (alone && LONE_REQUESTS.has(first)) return undefined;
  if (others.every(isLikeId)) {
    const near = NEARBY.find((verb) => isNear(first, verb));
    if (near) return unclear({ kind: "mistyped", verb: near });
  }
  // A sentence of a language that writes without blanks is one word, too; so is an address.
  const isWord = SPACED_WORD.test(first) || !/[\p{L}/]/u.test(first) || TASK_ID.test(first);
  return alone && isWord ? unclear({ kind: "one_word", word: first }) : undefined;
}

/** Of a script that puts blanks between words. */
const SPACED_WORD = /^[\p{sc=Latin}\p{sc=Cyrillic}\p{sc=Greek}\p{sc=Hebrew}\p{sc=Arabic}\p{M}'’-]{1,30}$/u;

/** Spellings that a mistyped word is compared with. */
const NEARBY: readonly string[] = [...VERB_NAMES, "stop"];

function wordsOf(text: string): Words {
  const written = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => isVisible(word) && !SMILEY.test(word));
  const bare = written.map((word) => word.replace(AROUND, "").replaceAll("’", "'") || word);
  const start = Math.max(
    0,
    bare.findIndex((word) => !LEADING.has(word) && !DASHES.test(word)),
  );
  const core = SAID.has(bare.join(" ")) ? bare : bare.slice(start);
  const [first = "", second = ""] = written.slice(written.length - core.length);
  const stands = ENDS_SENTENCE.test(first);
  return {
    core,
    others: core.slice(1).filter((word) => !POLITE.has(word)),
    stands,
    isExplained: stands || GIVES_REASON.test(first) || BEGINS_REASON.test(second),
  };
}

function isVisible(word: string): boolean {
  return /[^\p{Cf}\p{Z}]/u.test(word);
}

const unclear = (reason: Unclear): Meaning => ({ kind: "misunderstood", reason });
