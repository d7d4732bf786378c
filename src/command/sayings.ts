/**
 * Words that people write and that are neither a verb nor a request: they are answered and start nothing. Beside them the words
 * that change nothing about a verb. The verbs themselves: `verbs.ts`.
 */
import type { Verb } from "./verbs.ts";

/** Words that may become verbs; a task called "publish" would surprise whoever wrote it. */
export const RESERVED: ReadonlySet<string> = new Set(
  "agent agents assign close config deny merge pause publish reject recover resume settings spec steer unpause workflow".split(
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
    "don't, do not, dont, ignore it, ignore this, ignore that, disregard, scratch that, scratch this, strike that, leave it, leave this, let it be, let it go, not now, not this, no need, not needed, no longer needed, no longer necessary, no longer relevant, stand down, back off, go away, give up, call it off, cut it out, knock it off, my mistake, my bad, wrong issue, wrong pr, wrong repo, wrong repository, wrong one, false alarm, i want to cancel, i want to stop, i want you to stop, i'd like to cancel, i would like to cancel, you should stop, you must stop, make it stop, i changed my mind, changed my mind",
    { verb: "cancel" },
  ),
  // The same where people write in their own language: an agent's hour is a lot for `stop`.
  ...said(
    "取消, 停止, 中止, 停下, 别做了, キャンセル, 止めて, やめて, ストップ, 취소, 취소해, 취소해줘, 중지, 중단, 멈춰, 그만, стоп, стой, хватит, отмена, отменить, отмени, скасувати, зупини, annuler, annule, annulez, arrête, arrete, arrêter, arrêtez, abbrechen, abbruch, stoppen, aufhören, cancelar, cancela, cancele, parar, pare, detener, detente, basta, annulla, annullare, ferma, fermati, annuleren, annuleer, avbryt, afbryd, anuluj, przerwij, zatrzymaj, zrušit, iptal, durdur, إلغاء, توقف, ביטול, עצור, रद्द, हटाओ, hủy, dừng",
    { verb: "cancel" },
  ),
  ...said(
    "rerun, re-run, again, redo, re-do, restart, repeat, retest, try again, do it again, do again, do this again, do that again, run again, run it again, once more, one more time, once again, start over, start again, retrigger, re-trigger, relaunch, re-try, try once more, try it again, try that again, try this again, another try, one more try, give it another try, give it another go",
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
    "thanks, thank you, thank, thx, tysm, ty, cheers, great, nice, cool, awesome, perfect, excellent, amazing, wow, kudos, bravo, good job, great job, nice job, good work, great work, nice work, well done, good bot, bad bot, lgtm, 👍, ❤️, 🎉, 🚀, danke, danke schön, vielen dank, merci, merci beaucoup, gracias, muchas gracias, obrigado, obrigada, grazie, bedankt, dank je, tack, takk, dzięki, dziękuję, teşekkürler, спасибо, дякую, 谢谢, 感谢, ありがとう, ありがとうございます, 감사합니다, 고마워, 고맙습니다",
    { chat: "thanks" },
  ),
  ...said(
    "hello, hi, hey, hey there, hi there, hello there, hola, yo, ping, pong, good morning, good evening, are you there, you there, there, anybody there, test, testing, 👋, hallo, bonjour, ciao, привет, 你好, こんにちは, 안녕하세요",
    { chat: "hello" },
  ),
  ...said(
    "ok, okay, k, yes, yep, yeah, no, nope, nah, maybe, sure, fine, right, understood, noted, lol, haha, sorry, oops",
    {
      chat: "noted",
    },
  ),
]);

const THANKS_FOR = /^(?:thanks|thank you|thx|ty)(?: \w+){0,2} for [^.,;:!?]{1,80}[.!]*$/;
const ASKS_MORE = /\b(?:but|now|please|also|and|then)\b/;

/** Several such sentences, as in `thanks, great work!`, and what somebody is thanked for, unless more is asked. */
export function onlyThanks(text: string): boolean {
  const lower = text.toLowerCase().trim();
  if (lower.length > 120) return false;
  if (THANKS_FOR.test(lower)) return !ASKS_MORE.test(lower);
  const sentences = lower.split(/[.,;:!?…]+|\s[-–—]+\s/).filter((sentence) => sentence.trim() !== "");
  return sentences.length > 1 && sentences.some(isThanks) && sentences.every((each) => isThanks(each) || isChat(each));
}

const isThanks = (sentence: string): boolean => isChat(sentence, "thanks");

function isChat(sentence: string, about?: string): boolean {
  const words = sentence.trim().split(/\s+/);
  const plain = words.filter((word) => !CHATTY.has(word)).join(" ");
  const saying = SAID.get(words.join(" ")) ?? SAID.get(plain);
  return (
    saying !== undefined && saying !== "undo" && "chat" in saying && (about === undefined || saying.chat === about)
  );
}

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
  "a again bot bunch everybody everyone folks friend guys lot lots many much really so team very".split(" "),
);
