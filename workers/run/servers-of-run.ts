/** Which of the repository's servers a run has to do with: a team's planner and manager choose from all, a node's agent has what its node names. */
import { Refusal } from "../../src/refusal.ts";
import type { Server } from "../../src/settings/servers.ts";
import type { PlanNode } from "../../src/task/plan.ts";
import { serversBeside, serversToChoose } from "../agents/prompt-servers.ts";
import type { Place } from "./ground.ts";
import type { Run } from "./run.ts";
import { serverLogs } from "./step/servers.ts";

/** @throws Refusal where the node names one that the repository's file does not have any more */
export function serversOfRun(
  { task: { spec } }: Pick<Run, "task">,
  all: readonly Server[] = [],
  node: Pick<PlanNode, "servers"> | undefined,
): Server[] | undefined {
  if (spec.team) return [...all];
  const needed = node?.servers ?? [];
  const gone = needed.filter((each) => all.every(({ name }) => name !== each));
  if (gone.length > 0)
    throw new Refusal(
      `This part of the plan needs ${gone.map((name) => `the server \`${name}\``).join(" and ")}, which the repository's file does not name any more.`,
    );
  return needed.length === 0 ? undefined : all.filter(({ name }) => needed.includes(name));
}

/** What its first prompt says of them. */
export function serversPart(
  { task: { spec }, folder }: Pick<Run, "task" | "folder">,
  servers: readonly Server[] | undefined,
  place: Pick<Place, "workspace">,
): string | undefined {
  if (!servers?.length) return undefined;
  if (spec.node) return serversBeside(servers, serverLogs(place));
  return folder.record.team && folder.record.team.stage !== "alone" ? serversToChoose(servers) : undefined;
}
