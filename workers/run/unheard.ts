/**
 * A turn of the agent during which the host was away for a while. What the agent said then may have been heard by nobody, because a program
 * waits only so long for an answer: it has asked in vain, ends its turn as one that waits, and nothing has come of it. Such a turn is
 * followed by another one in the same session, so that a host which dies costs no try.
 */
import type { Run } from "./run.ts";
import type { StepName } from "./step/step-name.ts";

export const YOUR_HOST_WAS_AWAY = `The machine that runs you was away for a while during your turn. What you said to it then, by tools or by \`orch-agent\`, may not have reached
it. Your folder is as you left it. If you asked something, handed something in or said that you cannot go on, do so once more now. Otherwise
go on with what you were asked to do. If there is nothing left to do, say so with \`finish\` where you have it, and end your turn.
`;

/** Of the agent's last turn, where it can talk to its host at all. */
export const mayBeUnheard = ({ folder, talk }: Pick<Run, "folder" | "talk">): boolean =>
  talk.offered && folder.record.steps.findLast(({ kind }) => kind === "agent")?.unattended === true;

/**
 * What the agent is told in another turn, where nothing has come of this one. Decided before anything else comes after the turn, and noted down as
 * that. Undefined where its words at the end were heard: then nothing to change is what it found.
 */
export function turnForUnheard(run: Run, name: StepName): string | undefined {
  const { record, save } = run.folder;
  const step = record.steps.find((each) => each.name === name);
  if (!step || !mayBeUnheard(run) || record.finish !== undefined) return undefined;
  step.after = { kind: "again", prompt: YOUR_HOST_WAS_AWAY };
  save();
  run.log.info({ step: name }, "the host was away during a turn that came to nothing: the agent gets another one");
  return YOUR_HOST_WAS_AWAY;
}
