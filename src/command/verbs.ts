/**
 * Everything that `/orch` understands, in one table: the grammar reads it, the help and `docs/commands.md` print it, and
 * "did you mean" chooses from it. What people write for something that there is not: `sayings.ts`.
 */

import { AMOUNTS_HELP, readAmounts } from "../text/budget.ts";

export type Verb = "help" | "status" | "why" | "logs" | "budget" | "retry" | "cancel" | "approve" | WordedVerb;
/** Behind which somebody's own words stand: `worded.ts`. */
export type WordedVerb = "answer" | "tell" | "then" | "plan" | "team" | "review";

export type VerbEntry = {
  /** Other spellings of exactly the same. */
  also: readonly string[];
  /** As people write it, without `/orch`. */
  usage: string;
  /** What it does, as a sentence of the help. */
  does: string;
  /** The beginning of a task's id may stand behind it. */
  namesTask: boolean;
  takesSettings: boolean;
  /** Further words behind it that change nothing. */
  filler?: readonly string[];
  /** Everything behind it is said by whoever writes it. */
  takesWords?: true;
  /** Of such a verb: it says enough by itself. */
  standsAlone?: true;
  /** Of such a verb: it is none before these words. */
  unless?: readonly string[];
};

/** In the order in which the help tells of them. */
export const VERBS: Readonly<Record<Verb, VerbEntry>> = {
  status: {
    also: [],
    usage: "status",
    does: "lists the tasks of this issue or pull request",
    namesTask: false,
    takesSettings: false,
  },
  why: {
    also: [],
    usage: "why",
    does: "says why a task is not over, or why it ended as it did",
    namesTask: true,
    takesSettings: false,
    filler:
      "did does fail failed failing happen happened long not no queued running slow so still stuck take taking took wait waiting working".split(
        " ",
      ),
  },
  logs: {
    also: ["log"],
    usage: "logs",
    does: "shows the last lines of what a task's agent says and does",
    namesTask: true,
    takesSettings: false,
  },
  budget: {
    also: [],
    usage: "budget",
    does: "shows what the tasks of this conversation may use, and what of it is used, set aside and left",
    namesTask: false,
    takesSettings: false,
    filler: "left limit limits many much remaining rest spent used".split(" "),
  },
  retry: {
    also: [],
    usage: "retry",
    does: "does a task once more, as a new task with the same request; settings may change, e.g. `retry agent=NAME`",
    namesTask: true,
    takesSettings: true,
    filler: "again failed more once same thing time using".split(" "),
  },
  tell: {
    also: [],
    usage: "tell use tabs, please",
    does: "says something to the agent that works here, or is about to, while it works",
    namesTask: true,
    takesSettings: false,
    takesWords: true,
    // Whoever writes that asks us, and not an agent that is at work.
    unless: ["me", "us", "everybody", "everyone"],
  },
  // biome-ignore lint/suspicious/noThenProperty: it is a word that people write
  then: {
    also: [],
    usage: "then update the docs",
    does: "on an issue: a request that waits for the task before it, and goes on from there, on the same branch",
    namesTask: true,
    takesSettings: true,
    takesWords: true,
  },
  answer: {
    also: [],
    usage: "answer the second one",
    does: "answers the question of an agent that waits for it, in words or with the number of an option; where several wait, put the question's name first",
    namesTask: true,
    takesSettings: false,
    takesWords: true,
  },
  plan: {
    also: [],
    usage: "plan add a cache to the parser",
    does: "has an agent look at the repository, without changing it, and propose how to do that; `plan` with a proposal's name and what should be different asks for another one",
    namesTask: true,
    takesSettings: true,
    takesWords: true,
  },
  team: {
    also: [],
    usage: "team move the parser, the printer and their tests to ESM",
    does: "has an agent split the request into parts that several agents can do at the same time, and propose that; where one agent does better, one does it, and the progress comment says why",
    namesTask: false,
    takesSettings: true,
    takesWords: true,
    // Whoever writes that speaks to us, or of people.
    unless: ["up", "me", "us", "member", "members", "lead", "leads", "work", "mate", "mates", "player"],
  },
  review: {
    also: [],
    usage: "review",
    does: "on a pull request: has an agent that has not written the changes read them, and post what it finds by file and line; words behind it say what to look at",
    namesTask: false,
    takesSettings: true,
    takesWords: true,
    standsAlone: true,
  },
  approve: {
    also: [],
    usage: "approve p3fa81c09d2e4",
    does: "has the proposal of that name carried out, by the agent that made it or by the team that it proposes",
    namesTask: true,
    takesSettings: false,
    filler: "plan proposal proposed go ahead with".split(" "),
  },
  cancel: {
    also: ["stop", "abort", "halt", "kill"],
    usage: "cancel",
    does: "stops the tasks of this issue or pull request that are not over; with an id only that one",
    namesTask: true,
    takesSettings: false,
    filler:
      "agent agents already are both command doing immediately mine mission on oops process sorry there what working".split(
        " ",
      ),
  },
  help: {
    also: ["?", "-h", "--help"],
    usage: "help",
    does: "shows this text",
    namesTask: false,
    takesSettings: false,
  },
};

export const VERB_NAMES = Object.keys(VERBS) as Verb[];

const BY_SPELLING: ReadonlyMap<string, Verb> = new Map(
  VERB_NAMES.flatMap((verb) => [verb, ...VERBS[verb].also].map((spelling): [string, Verb] => [spelling, verb])),
);

/** A verb that stands by itself, or with a word or two behind it. */
export function verbSpelled(word: string): Exclude<Verb, WordedVerb> | undefined {
  const verb = BY_SPELLING.get(word);
  return verb && !isWorded(verb) ? verb : undefined;
}

export function wordedVerbSpelled(word: string): WordedVerb | undefined {
  const verb = BY_SPELLING.get(word);
  return verb && isWorded(verb) ? verb : undefined;
}

const isWorded = (verb: Verb): verb is WordedVerb => VERBS[verb].takesWords === true;

export type SettingName = "agent" | "model" | "base" | "priority" | "budget";
export type Priority = "low" | "normal" | "high";
/** What somebody set before a request. */
export type Settings = { agent?: string; model?: string; base?: string; priority?: Priority; budget?: string };

export type SettingEntry = {
  /** An example of a value. */
  example: string;
  does: string;
  /** What a value may be, as the end of a sentence. */
  values: string;
  /** The value as it is meant; undefined when it is none. */
  read: (value: string) => string | undefined;
  /** Other names that people try. */
  unlike: readonly string[];
};

const AGENT = /^[a-z][a-z0-9-]{0,31}$/;
/** Never with a dash at its beginning: an agent's program would take it for an option. */
const MODEL = /^[A-Za-z0-9][A-Za-z0-9 ._:/@+[\]-]{0,99}$/;
const PRIORITIES: readonly string[] = ["low", "normal", "high"] satisfies Priority[];

/** git's rules for a branch (git check-ref-format), and no more than GitHub keeps. */
function isBranchName(text: string): boolean {
  return (
    text.length <= 255 &&
    /^[^\s\p{C}~^:?*[\\]+$/u.test(text) &&
    !/^[-/]|\/$|\.$|\.\.|\/\/|@\{|^@$|(?:^|\/)\.|\.lock(?:\/|$)/.test(text)
  );
}

export const REQUEST_SETTINGS: Readonly<Record<SettingName, SettingEntry>> = {
  agent: {
    example: "claude",
    does: "which of the operator's agents works on it, whatever `.github/orch.yml` says",
    values: "a name of up to 32 of a-z, 0-9 and -, starting with a letter",
    read: (value) => (AGENT.test(value.toLowerCase()) ? value.toLowerCase() : undefined),
    unlike: ["agents", "with", "using", "cli", "tool", "bot"],
  },
  model: {
    example: "opus",
    does: "which model that agent uses, by the name that its program knows",
    values:
      'up to 100 letters, digits and . _ : / @ + - [ ], starting with a letter or a digit; with blanks in quotes: `model="a b"`',
    read: (value) => (MODEL.test(value) ? value : undefined),
    unlike: ["models", "llm", "engine"],
  },
  base: {
    example: "release-2",
    does: "on an issue: the branch that the work starts from and is to be merged into, in place of the default branch",
    values: "the name of a branch of this repository",
    read: (value) => (isBranchName(value) ? value : undefined),
    unlike: ["branch", "target", "from", "into", "onto", "ref", "base-branch", "basebranch"],
  },
  priority: {
    example: "high",
    does: "`low`, `normal` or `high`: how soon it gets a free slot, compared with the other tasks that wait",
    values: "`low`, `normal` or `high`",
    read: (value) => (PRIORITIES.includes(value.toLowerCase()) ? value.toLowerCase() : undefined),
    unlike: ["prio", "urgency", "severity", "importance"],
  },
  budget: {
    example: "$2",
    does: "what the task may use at most: US dollars, tokens (`500k`), an agent's time (`30min`) or runs (`3runs`)",
    values: AMOUNTS_HELP,
    read: (value) => (readAmounts(value) ? value : undefined),
    unlike: ["budgets", "cost", "max-cost", "maxcost", "limit", "spend", "usd", "tokens"],
  },
};

export const SETTING_NAMES = Object.keys(REQUEST_SETTINGS) as SettingName[];
