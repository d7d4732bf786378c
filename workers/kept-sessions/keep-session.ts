/**
 * Keeps the agent's session when a run has ended, before its workspace is removed. Only the paths that the agent's kind
 * names are kept, never the whole home: whatever else an agent has left there (`.npmrc`, `.bashrc`, hooks, settings) must
 * not act in the next task.
 */

import { adapterFor } from "../agents/adapters.ts";
import type { Run, Shared } from "../run/run.ts";
import { findWorkspace } from "../workspace/workspace.ts";
import { clearKeptSessions } from "./clear-kept-sessions.ts";
import { canGoOn, folderOf, keptSession, sessionIdSchema } from "./kept-session.ts";
import { packHome } from "./pack.ts";

const keeping = new WeakMap<Run, Promise<string | undefined>>();

/**
 * Once for a run, however often it is called: when its agent has ended, and before its end is told, since whoever continues may
 * start at once. Gives the session's folder; undefined where none is kept. Never throws: what cannot be kept costs the next task
 * its start, no more.
 */
export function keepSession(shared: Shared, run: Run): Promise<string | undefined> {
  const kept = keeping.get(run) ?? tryToKeep(shared, run);
  keeping.set(run, kept);
  return kept;
}

async function tryToKeep(shared: Shared, run: Run): Promise<string | undefined> {
  try {
    const session = sessionOf(shared, run);
    if (!session) return undefined;
    const bytes = await keep(shared, run, session);
    run.log.info({ session: session.sessionId, bytes }, "the agent's session is kept");
    void clearKeptSessions(shared);
    return bytes === 0 ? undefined : folderOf(run.task.spec.id);
  } catch (error) {
    run.log.warn({ err: error }, "the agent's session is not kept: a later task begins a new one");
    return undefined;
  }
}

type Session = NonNullable<ReturnType<typeof sessionOf>>;

/** Undefined where there is none, or none that anybody could go on with. */
function sessionOf({ operator, driver, dataDir }: Shared, { folder, task, user, spoken }: Run) {
  const { prepared, steps } = folder.record;
  if (!prepared || steps.length === 0 || operator.limits.keepSessionDays === 0) return undefined;
  const agent = operator.agents.get(prepared.agent);
  if (!agent || !canGoOn(agent, driver)) return undefined;
  const workspace = findWorkspace({ dataDir, taskId: task.spec.id, user, seenAt: driver.workspaceAt });
  const told = spoken.progress().sessionId ?? prepared.resumed?.sessionId;
  const { data: sessionId } = sessionIdSchema.safeParse(told);
  if (!workspace || !sessionId) return undefined;
  return { agent, workspace, sessionId, used: spoken.usedBy(sessionId) ?? prepared.resumed?.used };
}

/** How many bytes are kept: 0 of a session that is too large, of which only that is noted. */
async function keep({ driver, dataDir }: Shared, run: Run, session: Session): Promise<number> {
  const { agent, workspace, sessionId, used } = session;
  const { id, repository } = run.task.spec;
  const kept = keptSession(dataDir, id);
  await kept.clear();
  const home = { driver, user: run.user, workspace };
  const packed = await packHome(home, { paths: adapterFor(agent.kind).sessionPaths(agent), file: kept.draft });
  if (packed === "nothing") throw new Error("The agent has named a session and left no file of it.");
  const { name, kind } = agent;
  const common = { agent: name, kind, repositoryId: repository.id, sessionId, used, savedAt: Date.now() };
  const bytes = packed === "too large" ? 0 : packed.bytes;
  kept.write({ ...common, treeDir: workspace.inside.treeDir, bytes, ...(bytes === 0 && { tooLarge: true }) });
  return bytes;
}
