/** What waits for a person, in a line each; the compiler asks for a new kind here. */
import { numberSign } from "../task/own-place.ts";
import { bytes, count, duration } from "../text/amounts.ts";
import type { Quoting } from "../text/quote.ts";
import type { Need, NeedKind } from "../views/needs-me.ts";
import type { TaskView } from "../views/task-view.ts";
import { ciWord } from "./ci-words.ts";
import { strainWords } from "./limit-words.ts";
import { standing } from "./task-words.ts";

type NeedOf<Kind extends NeedKind> = Extract<Need, { kind: Kind }>;
type Words = { [Kind in NeedKind]: (need: NeedOf<Kind>, now: number, quoting: Quoting) => string };

const ended = ({ task }: { task: TaskView }, now: number, quoting: Quoting) =>
  `${place(task, quoting)} ${quoting.plain(standing(task, now))}: ${quoting.plain(task.request, 60)}`;

const words: Words = {
  host_silent: ({ host, since, tasks }, now, { code }) => {
    const silent = since === undefined ? "is not there any more" : `has been silent for ${duration(now - since)}`;
    return `The worker host ${code(host.name ?? host.id, 80)} ${silent} and has ${count(tasks.length, "task")}: start it again, or another with the same agents.`;
  },
  no_room: ({ host, freeBytes, wantedBytes }, _, { code }) =>
    `The worker host ${code(host.name ?? host.id, 80)} takes no task: ${bytes(freeBytes)} free on its disk, ${bytes(wantedBytes)} wanted. Remove what you can spare there.`,
  strained: ({ host, memory, cpu }, _, { code }) =>
    `The worker host ${code(host.name ?? host.id, 80)} takes no task: ${strainWords({ memory, cpu })}. End what you can spare there.`,
  cannot_work: ({ host, since, why }, now, { code, plain }) => {
    const what = why === undefined ? "it takes no job" : plain(why, 300);
    return `The worker host ${code(host.name ?? host.id, 80)} is alive and cannot work, for ${duration(now - since)}: ${what}. Run \`orch doctor\` there, and start it again.`;
  },
  paused: ({ by, since }, now, { code }) =>
    `All work has been paused for ${duration(now - since)}, by ${code(by, 60)}: no task starts until \`orch resume\`.`,
  in_doubt: ({ task, doubt }, _, { code }) =>
    `The record of task ${code(task)} is in doubt (${doubt}): \`orch doctor\` says what to do.`,
  no_agent: ({ agent, since, tasks }, now, { code }) => {
    const what = agent === undefined ? "a worker host" : `a worker host with the agent ${code(agent, 60)}`;
    const first = tasks.length > 1 ? "the first " : "";
    return `${count(tasks.length, "task waits", "tasks wait")} for ${what}, ${first}for ${duration(now - since)}: start one.`;
  },
  question: ({ task, question, since }, now, quoting) => {
    const asks = `${place(task, quoting)} asks ${quoting.code(question.short, 160)} for ${duration(now - since)}`;
    if (task.number === undefined) return `${asks}: the program that asked for the task is to answer.`;
    return `${asks}: answer there, with \`/orch answer ${question.id} …\`.`;
  },
  approval: ({ task, proposal, change, since }, now, quoting) =>
    `${place(task, quoting)} has waited ${duration(now - since)} for a word about ${change ? "a change of its team's plan" : "its agent's proposal"}: \`/orch approve ${quoting.plain(proposal)}\` has it carried out.`,
  to_review: ({ task, pull, ci, since }, now, quoting) => {
    const { plain } = quoting;
    const isReady = `is ready${pull.draft ? ", as a draft" : ""}, ${ciWord(ci)}`;
    return `Pull request ${plain(`${task.repository}#${pull.number}`)} ${isReady}: it has waited ${duration(now - since)} for a review (task ${quoting.code(task.id)}).`;
  },
  refused: ended,
  verify_failed: ended,
  over_limit: ended,
  repository_setup: (need, now, quoting) =>
    `${ended(need, now, quoting)}. \`setup\` in \`.github/orch.yml\` fails, so no agent was started.`,
  agent_setup: (need, now, quoting) =>
    `${ended(need, now, quoting)}. Its agent cannot sign in, or is not set up correctly.`,
};

/** `now`: Unix ms. */
export function needWords(need: Need, now: number, quoting: Quoting): string {
  const say = words[need.kind] as (need: Need, now: number, quoting: Quoting) => string;
  return say(need, now, quoting);
}

const place = ({ id, repository, number }: TaskView, { code, plain }: Quoting): string =>
  `${plain(`${repository}${numberSign(number)}`)} (task ${code(id)})`;
