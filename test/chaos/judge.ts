/**
 * What has to hold when all faults are over, whatever has happened. Everything is read where people would see it, on GitHub, and where
 * the agents have said it themselves.
 */
import type { Task } from "../../src/task/task.ts";
import { headline } from "../../src/words/task-words.ts";
import type { Orch } from "../support/orch.ts";
import type { Asked } from "./asker.ts";
import { wrongsOfTeam } from "./judge-team.ts";
import { tmuxServersOf } from "./processes.ts";
import type { Witness } from "./witness.ts";

/** One sentence for each thing that does not hold. */
export async function judge(orch: Orch, asked: readonly Asked[], witness: Witness): Promise<string[]> {
  const found: string[] = [];
  for (const each of asked) {
    const task = await orch.store.read(each.taskId);
    const wrongs =
      task?.state.name === "settled"
        ? [
            ...wrongsOf(orch, each, task),
            ...witness.startedTwice(each.taskId),
            ...(await wrongsOfTeam(orch, each, task, witness)),
          ]
        : ["lost: it has no end"];
    const where = `${each.place.repository.fullName}#${each.place.number}`;
    found.push(...wrongs.map((wrong) => `task ${each.taskId} (${where}): ${wrong}`));
  }
  const servers = tmuxServersOf(orch).length;
  if (servers > 1) found.push(`${servers} tmux servers run`);
  return found;
}

function wrongsOf(orch: Orch, { place, taskId }: Asked, task: Task): string[] {
  const { state } = orch.simulator;
  const kind = task.state.name === "settled" ? task.state.outcome.kind : "none";
  const comments = orch.botComments(place).filter(({ body }) => body.includes(`task=${taskId} kind=progress`));
  const isOurs = (branch: string) => branch.startsWith("orch/") && branch.endsWith(`-${taskId.slice(0, 8)}`);
  const pulls = state.pulls(place.repository).filter(({ pull }) => isOurs(pull.headRef));
  const branches = Object.keys(state.branches(place.repository)).filter(isOurs);
  const is = kind === "pull_request" ? 1 : 0;
  const wrongs = [
    ...(comments.length === 1 ? [] : [`${comments.length} progress comments`]),
    ...(pulls.length === is ? [] : [`${pulls.length} pull requests, and it ended as ${kind}`]),
    ...(branches.length === is ? [] : [`${branches.length} branches, and it ended as ${kind}`]),
  ];
  const told = comments[0]?.body.split("\n")[0] ?? "";
  if (!told.endsWith(headline(task))) wrongs.push(`lost: its comment says "${told}", and it ended as ${kind}`);
  return wrongs;
}
