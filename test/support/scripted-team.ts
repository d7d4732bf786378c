/** A team whose agents do what a test's scripts say, and what its plan's branch and the host's log say of it. */
import { type Orch, startOrch } from "./orch.ts";
import { type PlanAtWork, scriptedWork } from "./plan-at-work.ts";

/** `work`: what each node's agent does, as a shell script. */
export async function startScripted(
  work: Record<string, string>,
  more: Parameters<typeof startOrch>[0] = {},
): Promise<Orch> {
  return await startOrch({ ...more, agent: "by-script", files: { ...scriptedWork(work), ...more.files } });
}

/** Part of a script: waits until the test lets it go on by this name. */
export const untilLetGo = (name: string): string => `until test -e "$STAGE/${name}"; do sleep 0.1; done`;

export const INTEGRATION = "refs/remotes/origin/integration";

/** In the order in which they were merged. */
export const mergedNodes = ({ git }: PlanAtWork): string[] =>
  git("log", "--reverse", "--format=%(trailers:key=Orch-Node,valueonly)", INTEGRATION, "--not", "refs/orch/base")
    .split("\n")
    .filter((line) => line !== "");

/** How many turns of its agent began, without those that a later life of the host took up. */
export const turnsBegun = ({ host }: Orch, task: string): number =>
  host.log().match(new RegExp(`"task":"${task}"[^\n]*"step":"agent-\\d"[^\n]*"adopted":false`, "g"))?.length ?? 0;
