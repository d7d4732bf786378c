/**
 * Words that people write and that are neither a verb nor a request: they are answered and start nothing. Beside them the words
 * that change nothing about a verb. The verbs themselves: `verbs.ts`.
 */
import type { Verb } from "./verbs.ts";

/** Words that may become verbs; a task called "publish" would surprise whoever wrote it. */
export const RESERVED: ReadonlySet<string> = new Set(
  "agent agents assign budget close config deny merge pause publish reject recover resume review settings spec steer team tell then unpause workflow".split(
    " ",
  ),
);

/** What a word or two stand for that are no verb: the verb that may be meant, or what can be said to it. */
export type Said = { verb: Verb } | { chat: "thanks" | "hello" | "noted" } | "undo";

const said = (phrases: string, what: Said): [string, Said][] => phrases.split(", ").map((phrase) => [phrase, what]);

/** Never a request, alone or with one word behind it that may be a task's id. */
export const SAID: ReadonlyMap<string, Said> = new Map([
  ...said(
    "quit, end, exit, terminate, nevermind, never mind, nvm, forget it, forget, drop, discard, abandon, dismiss, interrupt, break, enough, hold, hold on, wait, shut down, shutdown, cease, desist, stopp, canceled, cancelled, unqueue, dequeue, skip, delete, remove, destroy",
    { verb: "cancel" },
  ),
  ...said(
    "rerun, re-run, again, redo, re-do, restart, repeat, retest, try again, do it again, do again, do this again, do that again, run again, run it again, once more, one more time, once again, start over, start again, retrigger, re-trigger, relaunch, re-try",
    { verb: "retry" },
  ),
  ...said("info, state, progress, queue, list, tasks, jobs, ps, ls, eta, update", { verb: "status" }),
  ...said("commands, usage, man, version, --version, -v, about, who are you, what can you do, how", { verb: "help" }),
  ...said("output, tail, transcript, trace", { verb: "logs" }),
  ...said("explain, reason, wtf, huh", { verb: "why" }),
  ...said(
    "undo, revert, rollback, roll back, unfix, unmerge, reset, back out, backout, take it back, take back",
    "undo",
  ),
  ...said(
    "thanks, thank you, thank, thx, tysm, ty, cheers, great, nice, cool, awesome, perfect, excellent, amazing, wow, kudos, bravo, good job, great job, nice job, good work, great work, nice work, well done, good bot, bad bot, lgtm, 👍, ❤️, 🎉, 🚀",
    { chat: "thanks" },
  ),
  ...said(
    "hello, hi, hey, hey there, hi there, hello there, hola, yo, ping, pong, good morning, good evening, are you there, you there, there, anybody there, test, testing, 👋",
    { chat: "hello" },
  ),
  ...said(
    "ok, okay, k, yes, yep, yeah, no, nope, nah, maybe, sure, fine, right, understood, noted, lol, haha, sorry, oops",
    {
      chat: "noted",
    },
  ),
]);

/** Words that are a whole request by themselves: do what this issue or pull request asks for. */
export const LONE_REQUESTS: ReadonlySet<string> = new Set(
  "fix implement solve resolve do go start begin run refactor improve continue proceed simplify optimize optimise document finish complete work cleanup format lint investigate debug".split(
    " ",
  ),
);

/** May stand before a verb, and change nothing. */
export const LEADING: ReadonlySet<string> = new Set(
  "and can could dear give hello hey hi is just kindly let's lets me no now ok okay please pls plz show so the u what what's whats will would you".split(
    " ",
  ),
);

/** May stand behind a verb, and change nothing. */
export const POLITE: ReadonlySet<string> = new Set(
  "a all an and any asap at away current everything for here immediately in is it its job jobs just last latest me my newest now of ok old one ones orch please pls plz previous recent request right run runs task tasks thank thanks that the them these this those thx to too u us with work you your".split(
    " ",
  ),
);

/** Said to anybody: one word with these is still one word. */
export const COURTESY: ReadonlySet<string> = new Set("please pls plz now thanks thank thx you u ok asap".split(" "));

/** May stand behind what is only said, as in `thank you very much`. */
export const CHATTY: ReadonlySet<string> = new Set(
  "again bot everybody everyone folks friend guys lot lots many much really so team very".split(" "),
);
