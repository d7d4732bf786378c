/** What the bot says about where that is kept which a task's run left. */
import type { Checkpoint } from "../task/checkpoint.ts";
import { count, duration } from "../text/amounts.ts";
import type { Quoting } from "../text/quote.ts";
import type { PlanView } from "../views/plan-view.ts";
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

/**
 * Of a team's work: what is kept of each node that was not merged; and, unless they are `published`, of those that were. As lines. `id`: the team's
 * task.
 */
export function keptOfTeam(
  { nodes, home }: Pick<PlanView, "nodes" | "home">,
  { id, published }: { id: string; published: boolean },
  quoting: Quoting,
): string[] {
  const { code } = quoting;
  const name = (node: string) => code(node, 40);
  const lines = nodes.flatMap(({ id: node, how, task }) => {
    const kept = task && how !== "merged" ? keptFor(task, quoting) : undefined;
    return kept === undefined ? [] : [`${name(node)}: ${kept}`];
  });
  const merged = nodes.filter(({ how, sha }) => how === "merged" && sha !== undefined);
  if (published || merged.length === 0 || !home) return lines;
  const host = code(home.name ?? home.id, 80);
  const which = merged.map((node) => name(node.id)).join(", ");
  return [
    ...lines,
    `What is merged of ${which} is kept on the worker host ${host} as long as it keeps failed work; its operator gets it out by ${code(`orch checkpoint ${id}`)}.`,
  ];
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
