/** Whether GitHub shows the end of a task: the label says so, and the check run on what was pushed is concluded. */
import type { Task } from "../src/task/task.ts";
import type { Stage } from "./stage.ts";

type Scene = Pick<Stage, "repository" | "issue"> & { simulator: { state: Pick<Stage["simulator"]["state"], Shown> } };
type Shown = "labels" | "checkRuns";

export function isTold(scene: Scene, task: Task): boolean {
  const { simulator, repository, issue } = scene;
  const labels = simulator.state.labels(repository, issue);
  if (!labels.includes("orch:done") && !labels.includes("orch:failed")) return false;
  return !task.pushed || checkOn(scene, task)?.status === "completed";
}

/** The check run on the commit that was pushed. */
export function checkOn({ simulator, repository }: Scene, { pushed }: Task) {
  return pushed && simulator.state.checkRuns(repository, pushed.sha).find(({ name }) => name === "orch");
}
