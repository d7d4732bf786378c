/**
 * Keeps the agent's session when a run has ended, before its workspace is removed. Only the paths that the agent's kind
 * names are kept, never the whole home: whatever else an agent has left there (`.npmrc`, `.bashrc`, hooks, settings) must
 * not act in the next task.
 *
 * The run's end does not wait for that. It is told with the place where the session will be, and whoever goes on with it
 * on this host waits for the rest (`promised.ts`). A host that dies in between does it in its next life.
 */

import { adapterFor } from "../agents/adapters.ts";
import type { Run, Shared } from "../run/run.ts";
import { findWorkspace } from "../workspace/workspace.ts";
import { clearKeptSessions } from "./clear-kept-sessions.ts";
import { canGoOn, folderOf, keptSession, sessionIdSchema } from "./kept-session.ts";
import { packHome } from "./pack.ts";
import { fulfil, promise } from "./promised.ts";

const keeping = new WeakMap<Run, Promise<string | undefined>>();
const failed = new WeakSet<Run>();

/**
 * To be called when the run's agent has ended, and before its end is told. Gives the folder where its session will be; undefined
 * where none will.
 */
export function promiseSession(shared: Shared, run: Run): string | undefined {
  const session = failed.has(run) ? undefined : sessionOf(shared, run);
  if (!session) return undefined;
  const { sessionId, used } = session;
  const { id } = run.task.spec;
  if (!keeping.has(run)) {
    run.folder.record.toKeep = { ...run.folder.record.toKeep, sessionId, used };
    run.folder.save();
    promise(shared.dataDir, id);
  }
  return folderOf(id);
}

/**
 * Once for a run, however often it is called. Gives the session's folder; undefined where none is kept. Never throws: what cannot be
 * kept costs the next task its start, no more.
 */
export function keepSession(shared: Shared, run: Run): Promise<string | undefined> {
  const kept = keeping.get(run) ?? tryToKeep(shared, run);
  keeping.set(run, kept);
  return kept;
}

async function tryToKeep(shared: Shared, run: Run): Promise<string | undefined> {
  const { id } = run.task.spec;
  try {
    const session = sessionOf(shared, run);
    if (!session) return undefined;
    const bytes = await keep(shared, run, session);
    run.log.info({ session: session.sessionId, bytes }, "the agent's session is kept");
    void clearKeptSessions(shared);
    if (bytes > 0) return folderOf(id);
  } catch (error) {
    run.log.warn({ err: error }, "the agent's session is not kept: a later task begins a new one");
  } finally {
    fulfil(shared.dataDir, id);
  }
  failed.add(run);
  return undefined;
}

type Session = NonNullable<ReturnType<typeof sessionOf>>;

/** Undefined where there is none, or none that anybody could go on with. */
function sessionOf({ operator, driver, dataDir }: Shared, { folder, task, user, spoken }: Run) {
  const { prepared, steps, toKeep } = folder.record;
  if (!prepared || steps.length === 0 || operator.limits.keepSessionDays === 0) return undefined;
  const agent = operator.agents.get(prepared.agent);
  if (!agent || !canGoOn(agent, driver)) return undefined;
  const workspace = findWorkspace({ dataDir, taskId: task.spec.id, user, seenAt: driver.workspaceAt });
  // After a restart nothing of a run that is over is read again.
  const known = toKeep ?? prepared.resumed;
  const { data: sessionId } = sessionIdSchema.safeParse(spoken.progress().sessionId ?? known?.sessionId);
  if (!workspace || !sessionId) return undefined;
  return { agent, workspace, sessionId, used: spoken.usedBy(sessionId) ?? known?.used };
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
