/**
 * Where on its host that is kept which a run left without having published it. `folder`: below the host's data. `until`: Unix
 * ms. A reader leaves a kind alone that it does not know.
 */
export type Checkpoint =
  /**
   * Commits and files, as objects of a repository of the task's own. `files`: that differ from the base, committed or not.
   * `elsewhere`: commits on other branches of the agent's, and in stashes.
   * `ready`: the work was done and checked, only publishing did not succeed.
   */
  | { kind: "objects"; folder: string; until: number; commits: number; files: number; elsewhere?: number; ready?: true }
  /** The run's workspace as it was at the end, where no objects could be taken from it. `commits`: where they could be counted. */
  | { kind: "workspace"; folder: string; until: number; commits?: number };
