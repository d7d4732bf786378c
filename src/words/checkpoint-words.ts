/** What the bot says about where that is kept which a task's run left. */
import { count, duration } from "../text/amounts.ts";
import type { Quoting } from "../text/quote.ts";
import type { CheckpointView, TaskView } from "../views/task-view.ts";

/** For whoever reads the receipt, now or in some days: where, and until when. */
export function keptFor({ id, checkpoint }: TaskView, quoting: Quoting): string | undefined {
  if (!checkpoint) return undefined;
  const { code } = quoting;
  const day = new Date(checkpoint.until).toISOString().slice(0, "2026-01-02".length);
  return `${whatOn(checkpoint, quoting)} until ${day} (UTC); its operator finds it by ${code(`orch why ${id}`)}.`;
}

/** For whoever has access to the host. Nothing once the time is over: it is removed within the hour. */
export function keptAt({ checkpoint }: TaskView, now: number, quoting: Quoting): string | undefined {
  if (!checkpoint || checkpoint.until <= now) return undefined;
  const { folder, until } = checkpoint;
  return `${whatOn(checkpoint, quoting)} for another ${duration(until - now)}: ${quoting.code(folder, 200)} below its data folder.`;
}

function whatOn({ host, commits }: CheckpointView, { code }: Quoting): string {
  const made = commits === undefined || commits === 0 ? "" : `, with ${count(commits, "commit")} of the agent,`;
  return `Its workspace${made} is kept on the worker host ${code(host.name ?? host.id, 80)}`;
}
