/** What the bot says about where that is kept which a task's run left. */
import type { Checkpoint } from "../task/checkpoint.ts";
import { count, duration } from "../text/amounts.ts";
import type { Quoting } from "../text/quote.ts";
import type { CheckpointView, TaskView } from "../views/task-view.ts";

/** For whoever reads the receipt, now or in some days: what, where, and until when. */
export function keptFor({ id, checkpoint }: TaskView, quoting: Quoting): string | undefined {
  if (!checkpoint) return undefined;
  const { code } = quoting;
  const day = new Date(checkpoint.until).toISOString().slice(0, "2026-01-02".length);
  const how =
    checkpoint.kind === "objects"
      ? `its operator gets it out by ${code(`orch checkpoint ${id}`)}`
      : `its operator finds it by ${code(`orch why ${id}`)}`;
  return `${whatOn(checkpoint, quoting)} until ${day} (UTC); ${how}.`;
}

/** For whoever has access to the host. Nothing once the time is over: it is removed within the hour. */
export function keptAt({ id, checkpoint }: TaskView, now: number, quoting: Quoting): string | undefined {
  if (!checkpoint || checkpoint.until <= now) return undefined;
  const { folder, until, kind } = checkpoint;
  const where = `${quoting.code(folder, 200)} below its data folder`;
  const how = kind === "objects" ? `, and ${quoting.code(`orch checkpoint ${id}`)} there gets it out` : "";
  return `${whatOn(checkpoint, quoting)} for another ${duration(until - now)}: ${where}${how}.`;
}

type Amounts = Pick<Extract<Checkpoint, { kind: "objects" }>, "commits" | "files" | "elsewhere">;

/** Finished work that only has to be published. */
export const isReady = ({ checkpoint }: Pick<TaskView, "checkpoint">): boolean =>
  checkpoint?.kind === "objects" && checkpoint.ready === true;

/** E.g. "1 commit with 2 changed files and 3 commits on other branches or in stashes". */
export function keptObjects({ commits, files, elsewhere = 0 }: Amounts): string {
  const changed = [...(commits ? [count(commits, "commit")] : []), count(files, "changed file")].join(" with ");
  const others = elsewhere > 0 ? [`${count(elsewhere, "commit")} on other branches or in stashes`] : [];
  return [...(commits || files || !elsewhere ? [changed] : []), ...others].join(" and ");
}

function whatOn(checkpoint: CheckpointView, { code }: Quoting): string {
  const { host, commits } = checkpoint;
  const on = `kept on the worker host ${code(host.name ?? host.id, 80)}`;
  if (checkpoint.kind === "objects") {
    return `What the agent made, ${keptObjects(checkpoint)}, is ${on}`;
  }
  return `Its workspace${commits ? `, with ${count(commits, "commit")} of the agent,` : ""} is ${on}`;
}
