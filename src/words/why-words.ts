/**
 * The whole answer to "why is it not over, why did it end so": sentences made of the view `why`, for whoever asks about one
 * task. The shorter answer of lists and of the progress comment is the first of them (`next-step.ts`).
 */
import type { RunDeadline } from "../task/deadlines.ts";
import { sayInDoubt } from "../task/in-doubt.ts";
import { count, duration } from "../text/amounts.ts";
import type { Quoting } from "../text/quote.ts";
import type { ReasonView } from "../views/reason-view.ts";
import type { RunView } from "../views/task-view.ts";
import type { Why, WhyQueued, WhyRunning, WhySettled, WhyWaiting } from "../views/why.ts";
import { keptAt } from "./checkpoint-words.ts";
import { ONLY_WITH_HIDDEN } from "./hidden-words.ts";
import { nextStep } from "./next-step.ts";
import { explanation } from "./outcome-words.ts";
import { teamStanding } from "./plan-words.ts";
import { endWords, standing } from "./task-words.ts";
import { waitsFor } from "./waiting-words.ts";

/** One sentence, or a few that belong together, each. `now`: Unix ms. */
export function whyWords(why: Why, now: number, quoting: Quoting): string[] {
  return [...ofState(why, now, quoting), ...teamWords(why), ...doubtWords(why), ...continuesWords(why, quoting)];
}

function ofState(why: Why, now: number, quoting: Quoting): string[] {
  switch (why.state) {
    case "waiting":
      return waitingWords(why, now, quoting);
    case "queued":
      return why.pause
        ? [nextStep(why, quoting), `Paused for ${duration(now - why.pause.since)}.`]
        : [nextStep(why, quoting), ...slotWords(why, quoting), endsIn(why.until, now)];
    case "running":
      return runningWords(why, now, quoting);
    case "settled":
      return settledWords(why, now, quoting);
  }
}

function waitingWords({ reasons }: WhyWaiting, now: number, quoting: Quoting): string[] {
  return reasons.map((reason) =>
    [
      waitsFor(reason, quoting),
      ...aboutReason(reason, now, quoting),
      // What comes then is said of a question by itself.
      ...(reason.for === "answer" ? [] : [endsIn(reason.until, now)]),
    ].join(" "),
  );
}

function aboutReason(reason: ReasonView, now: number, { code, plain }: Quoting): string[] {
  if (reason.for === "agent") {
    if (reason.offered.length === 0) return [];
    return [`Connected worker hosts offer: ${reason.offered.map((name) => code(name, 60)).join(", ")}.`];
  }
  if (reason.for !== "task") return [];
  if (reason.inDoubt) return [`Its record is in doubt (${reason.inDoubt}): \`orch doctor\` says what to do.`];
  return reason.other
    ? [`That task's state: ${plain(standing(reason.other, now))} (${plain(reason.other.request, 80)}).`]
    : [];
}

const endsIn = (until: number, now: number): string =>
  until > now
    ? `If nothing changes, it ends as timed out in ${duration(until - now)}.`
    : "Its time is up: it is about to end.";

function slotWords({ hosts }: WhyQueued, { plain }: Quoting): string[] {
  const known = hosts.filter(({ busy }) => busy !== undefined);
  if (known.length === 0) return [];
  const each = known.map(({ id, name, slots, busy }) => `${plain(name ?? id, 80)} ${busy}/${slots}`);
  return [`Busy slots: ${each.join(", ")}.`];
}

const opening = ({ textHeldUntil: until }: WhyRunning, now: number): string =>
  until === undefined
    ? "the bot opens the pull request."
    : `the bot opens the pull request in ${duration(Math.max(0, until - now))}: until then GitHub takes no more text from the App.`;

function runningWords(why: WhyRunning, now: number, quoting: Quoting): string[] {
  const { host, phase, phaseSince, lastOutputAt, deadline, stopping } = why;
  const name = quoting.code(host.name ?? host.id, 80);
  const silent =
    host.lastBeat === undefined ? "is not there any more" : `has been silent for ${duration(now - host.lastBeat)}`;
  const lost = `The worker host ${name} ${silent}. If it does not come back, another one takes the task; \`orch status\` shows which there are.`;
  const speaks = phase === "working" && lastOutputAt !== undefined;
  return [
    nextStep(why, quoting),
    ...(host.alive ? [] : [lost]),
    ...(why.pushed ? [`The branch is on GitHub; ${opening(why, now)}`] : []),
    `In this phase for ${duration(now - phaseSince)}.`,
    ...(speaks ? [`The agent's last output was ${duration(now - lastOutputAt)} ago.`] : []),
    ...(deadline && !stopping ? [deadlineWords[deadline.deadline](remaining(deadline.at, now))] : []),
  ];
}

const remaining = (at: number, now: number): string => (at > now ? `within ${duration(at - now)}` : "now");

/** What has to happen, and by when. */
const deadlineWords: Record<RunDeadline, (when: string) => string> = {
  preparing: (when) => `The workspace has to be ready ${when}.`,
  setup: (when) => `The setup command has to end ${when}.`,
  first_output: (when) => `The agent has to print something ${when}, unless it is at work.`,
  silence: (when) => `The agent has to print something more ${when}, unless it is at work.`,
  total: (when) => `The agent has to be done ${when}.`,
  verifying: (when) => `The verify command has to end ${when}.`,
  publishing: (when) => `The commits have to be published ${when}.`,
};

function settledWords(why: WhySettled, now: number, quoting: Quoting): string[] {
  const url = why.outcome.kind === "pull_request" ? [quoting.plain(why.outcome.url, 300)] : [];
  const kept = keptAt(why.task, now, quoting);
  return [explanation(why, quoting), ...url, ...(kept === undefined ? [] : [kept])];
}

/** The operator's answer, for the one task. */
function doubtWords({ inDoubt, task }: Why): string[] {
  if (!inDoubt) return [];
  return sayInDoubt(new Map([[task.id, inDoubt]])).map(({ what, remedy }) => `${what}. What to do: ${remedy}.`);
}

function teamWords({ team }: Why): string[] {
  return team === undefined ? [] : [`${teamStanding(team)}.`];
}

function continuesWords({ task }: Why, { code }: Quoting): string[] {
  return task.continues === undefined ? [] : [`It goes on from task ${code(task.continues)}.`];
}

/** What one run was, in a line. */
export function runWords(run: RunView, now: number, { plain }: Quoting): string {
  const { number, host, startedAt, endedAt, end, agent, model, start, verification } = run;
  const time = duration((endedAt ?? now) - startedAt);
  const how = start && start.how !== "fresh" ? [`${start.how} from ${start.task}`] : [];
  const who = [agent, model].filter((name) => name !== undefined).map((name) => plain(name, 80));
  const check = verification
    ? [
        `check ${verification.hidden ? ONLY_WITH_HIDDEN : `exited with ${verification.exitCode}`} after ${count(verification.rounds, "round")}`,
      ]
    : [];
  // A record of before there were runs does not say where its run was.
  const where = (host.name ?? host.id) === "" ? [] : [`on ${plain(host.name ?? host.id, 80)}`];
  const parts = [
    end ? endWords[end] : "at work",
    ...where,
    ...(who.length > 0 ? [who.join(" ")] : []),
    ...how,
    ...check,
  ];
  return `run ${number}: ${parts.join(", ")}, ${time}`;
}
