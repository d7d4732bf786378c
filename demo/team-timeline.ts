/** What happens to a team, as it happens: each node's way, told by the views that the progress comment is made of. */

import { openProposal } from "../src/task/proposal.ts";
import type { TaskStore } from "../src/task/store.ts";
import type { Task } from "../src/task/task.ts";
import type { NodeHow, NodeView, PlanView } from "../src/views/plan-view.ts";
import { planView } from "../src/views/plan-view.ts";
import { readTeam } from "../src/views/read-team.ts";
import type { Timeline } from "./timeline.ts";

export type TeamFollower = {
  /** Tells what is new; gives how the team's task and its plan stand. */
  look(): Promise<{ task: Task; view?: PlanView | undefined } | undefined>;
};

/** What is worth a line. The rest passes too fast to be read. */
const SENTENCES: Partial<Record<NodeHow, (node: NodeView) => string>> = {
  preparing: ({ tries }) =>
    tries > 1 ? `is tried again (try ${tries})` : "gets a slot and a workspace at the plan's tip",
  working: () => "its agent works",
  merging: () => "is merged on objects, and the whole is checked",
  merged: ({ sha }) => (sha === undefined ? "is done: it had nothing to change" : `is merged as ${sha.slice(0, 10)}`),
  failed: ({ why }) => `failed: ${why}`,
  skipped: ({ why }) => `is left out: ${why}`,
};

export function followTeam(timeline: Timeline, store: TaskStore, taskId: string): TeamFollower {
  const told = new Map<string, string>();
  const once = (key: string, state: string, tell: () => void) => {
    if (told.get(key) === state) return;
    told.set(key, state);
    tell();
  };
  return {
    async look() {
      const task = await store.read(taskId);
      if (!task) return undefined;
      const proposal = openProposal(task);
      if (proposal?.plan)
        once("proposal", proposal.name, () => timeline.say("bot", `shows plan ${proposal.name} and waits`));
      const team = await readTeam(store, task);
      const view = team && planView(team, task);
      for (const node of view?.nodes ?? [])
        once(node.id, `${node.tries} ${node.how}`, () => {
          const sentence = SENTENCES[node.how]?.(node);
          if (sentence) timeline.say("worker", `${node.id.padEnd(9)} ${sentence}`);
        });
      if (view)
        once(
          "plan",
          view.state,
          () => view.state === "finishing" && timeline.say("worker", "publishes one commit for each node"),
        );
      return { task, view };
    },
  };
}
