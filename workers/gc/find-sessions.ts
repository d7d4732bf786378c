/**
 * tmux sessions and processes of runs that are over, and the servers and sockets of a host that went by another id in this data folder. Only the
 * record of its task ends a session: what is at work, or parked, or in doubt, is never touched.
 */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isTaskId } from "../../src/task/task-id.ts";
import { findProgram } from "../sandbox/find-program.ts";
import { allMarks, endMarked, markedProcesses } from "../sandbox/processes.ts";
import { hasServer, openServer, socketPath, type TmuxServer } from "../tmux/server.ts";
import { closeTeam, planOfSession } from "../tmux/team-session.ts";
import { endSession, sessionNames } from "../tmux/tmux-session.ts";
import type { GcGround, Leftover } from "./leftover.ts";

const ID = /^orch-(h[0-9a-f]{8})$/;

export type FoundSessions = { leftovers: Leftover[]; close(): Promise<void> };

/** `close`: our clients of the servers; what is left in these lives on. */
export async function findSessions(ground: GcGround): Promise<FoundSessions> {
  const dir = join(ground.dataDir, "host", "tmux");
  const tmux = await findProgram("tmux");
  const ids = (existsSync(dir) ? readdirSync(dir) : []).flatMap((name) => ID.exec(name)?.[1] ?? []);
  const servers = new Map<string, TmuxServer>();
  for (const id of ids) if (tmux && hasServer(socketPath(dir, id))) servers.set(id, await openServer(tmux, dir, id));
  const sessions = await Promise.all([...servers.values()].map((server) => sessionsOf(ground, server)));
  const sockets = ids
    .filter((id) => id !== ground.hostId)
    .map((id) => ofSocket(join(dir, `orch-${id}`), { id, server: servers.get(id) }));
  return {
    leftovers: [...sessions.flat(), ...sockets],
    close: async () => void (await Promise.all([...servers.values()].map((server) => server.close()))),
  };
}

async function sessionsOf({ records }: GcGround, server: TmuxServer): Promise<Leftover[]> {
  const isThere = async (name: string) => (await sessionNames(server)).includes(name);
  return (await sessionNames(server)).flatMap((name): Leftover[] => {
    const plan = planOfSession(name);
    const task = plan ?? name;
    if (!isTaskId(task)) return []; // somebody else's
    const end = () => (plan === undefined ? endSession(server, name) : closeTeam(server, plan));
    return [
      { kind: "session", name, mayGo: () => records.isOver(task), remove: end, isThere: async () => isThere(name) },
    ];
  });
}

/** Of a former id: nobody reaches that any more, and its server goes once it shows nothing. */
function ofSocket(path: string, { id, server }: { id: string; server: TmuxServer | undefined }): Leftover {
  return {
    kind: "socket",
    name: id,
    mayGo: async () => !server || (await sessionNames(server)).length === 0,
    async remove() {
      // It ends before it can say so.
      await server?.command(["kill-server"]).catch((error: unknown) => {
        if (hasServer(path)) throw error;
      });
      rmSync(path, { force: true });
    },
    isThere: async () => existsSync(path),
  };
}

/** Those with a run's mark that outlived it. The mark may be forged, so the record has to name this host. */
export function findProcesses({ records, hostId }: GcGround): Leftover[] {
  return [...allMarks().keys()].filter(isTaskId).map((task) => ({
    kind: "process",
    name: task,
    mayGo: async () => (await records.isOver(task)) && (await records.lastHost(task)) === hostId,
    remove: () => endMarked({ run: task }),
    isThere: async () => markedProcesses({ run: task }).length > 0,
  }));
}
