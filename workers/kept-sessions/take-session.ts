/**
 * Brings the session of an earlier task into the home of a new workspace, so that the agent can go on with it. It stays
 * kept as well: another task may go on from the same point.
 */
import type { AgentDefinition } from "../agents/adapter.ts";
import { adapterFor } from "../agents/adapters.ts";
import type { Run, Shared } from "../run/run.ts";
import type { Resumed } from "../run/run-record.ts";
import type { Workspace } from "../workspace/workspace.ts";
import { keptSession, type SessionRecord } from "./kept-session.ts";
import { unpackHome } from "./pack.ts";
import { whenKept } from "./promised.ts";

/** What a task goes on with: the earlier task, its agent by the operator's name, and the session that this agent named. */
export type Continues = { taskId: string; agent: string; sessionId: string };

/**
 * Why there is nothing to go on with. `gone`: this host has no such session, or has it no more. `elsewhere`: the agent would look
 * for it under another path than the workspace has. `unusable`: it could not be unpacked.
 */
export type NotTaken = { why: "gone" | "of another agent" | "too large" | "elsewhere" | "unusable" };

/** For whom: the agent that is to go on, and the workspace, in whose home nothing may be yet. */
export type Taker = { continues: Continues; agent: AgentDefinition; workspace: Workspace };

/** Never throws; the home is empty unless the session is in it. */
export async function takeSession(shared: Shared, run: Run, taker: Taker): Promise<Resumed | NotTaken> {
  const taken = await take(shared, run, taker).catch((error: unknown): NotTaken => {
    run.log.warn({ err: error }, "the earlier session cannot be brought into the workspace");
    return { why: "unusable" };
  });
  const { taskId } = taker.continues;
  if ("why" in taken) run.log.info({ earlier: taskId, why: taken.why }, "the agent begins a new session");
  else run.log.info({ earlier: taskId, session: taken.sessionId }, "the agent goes on with its earlier session");
  return taken;
}

async function take({ dataDir, driver }: Shared, run: Run, taker: Taker): Promise<Resumed | NotTaken> {
  const { continues, workspace } = taker;
  await whenKept(dataDir, continues.taskId, run.signal);
  const kept = keptSession(dataDir, continues.taskId);
  const record = kept.read();
  const fits =
    record && record.sessionId === continues.sessionId && record.repositoryId === run.task.spec.repository.id;
  if (!fits) return { why: "gone" };
  const why = misfit(record, taker);
  if (why) return { why };
  await unpackHome({ driver, user: run.user, workspace }, { file: kept.pack, bytes: record.bytes });
  return { sessionId: record.sessionId, used: record.used };
}

function misfit(record: SessionRecord, { continues, agent, workspace }: Taker): NotTaken["why"] | undefined {
  const isSame = [record.agent, continues.agent].every((name) => name === agent.name) && record.kind === agent.kind;
  if (!isSame) return "of another agent";
  if (record.tooLarge) return "too large";
  const { sessionPaths, sessionNeedsPath } = adapterFor(agent.kind);
  if (sessionPaths(agent).length === 0) return "gone"; // the operator wants none of them any more
  return sessionNeedsPath && record.treeDir !== workspace.inside.treeDir ? "elsewhere" : undefined;
}
