/**
 * Which of many tasks a viewer may see. GitHub is asked once for each repository, and within one look for so many at most: of those beyond it is not
 * known, and then nothing of them is shown.
 */
import type { Task } from "../src/task/task.ts";
import { type Tier, tierOf } from "./rows/drawing.ts";
import type { Rights } from "./visit.ts";

const MOST_REPOSITORIES = 500;

export type SeenTasks = {
  /** Those of them that may be shown, in their order. */
  of(tasks: readonly Task[]): Promise<Task[]>;
  /** Of one of these. */
  tier(task: Task): Tier | undefined;
  /** There are repositories for which nobody was asked. */
  isPartial(): boolean;
};

/** For one look. */
export function seenTasks(rights: Rights): SeenTasks {
  const asked = new Map<number, Promise<Tier | undefined>>();
  const known = new Map<number, Tier | undefined>();
  let isPartial = false;

  async function ask({ spec }: Task): Promise<void> {
    const { id } = spec.repository;
    if (!asked.has(id) && asked.size >= MOST_REPOSITORIES) {
      isPartial = true;
      return;
    }
    const asking = asked.get(id) ?? tierOf(rights, spec);
    asked.set(id, asking);
    known.set(id, await asking);
  }

  return {
    of: async (tasks) => {
      await Promise.all(tasks.map(ask));
      return tasks.filter(({ spec }) => known.get(spec.repository.id) !== undefined);
    },
    tier: ({ spec }) => known.get(spec.repository.id),
    isPartial: () => isPartial,
  };
}
