/** The wall of sessions, and the stream of what changes on it. Whoever may not write in a repository does not see what its agents say. */
import { setTimeout as pause } from "node:timers/promises";
import { page } from "../pages/layout.ts";
import { type Session, sessionOf, sessionsBody } from "../pages/sessions.ts";
import type { DashboardRoute, EventStream, Rights, Visit } from "../visit.ts";
import type { Wall } from "./read-wall.ts";

/** Between two looks, ms. */
const LOOK_MS = 1_000;
/** Above that, in bytes, what is new waits: who is slow sees the next look. */
const MOST_PENDING = 256 * 1024;

export const wallRoutes = (wall: Wall, clock: () => number): DashboardRoute[] => [
  {
    method: "GET",
    path: "/sessions",
    answer: async (visit) => {
      const body = sessionsBody(await seen(wall, visit.rights), visit.now);
      const parts = { title: "Sessions", visit, at: "/sessions", styles: ["pages.css"], scripts: ["sessions.js"] };
      return page({ ...parts, body });
    },
  },
  {
    method: "GET",
    path: "/sessions/lines",
    answer: async (visit) => ({ kind: "stream", run: async (stream) => await follow({ wall, clock }, visit, stream) }),
  },
];

/** Rights are asked for each time: they are kept for some minutes by whoever answers. */
async function seen(wall: Wall, rights: Rights): Promise<Session[]> {
  const hung = await wall.read();
  if (rights.isOperator) return hung.map(({ session }) => session);
  const all = hung.map(async ({ task, session }) => ((await rights.mayWrite(task.spec)) ? [session] : []));
  return (await Promise.all(all)).flat();
}

/** All of it at first, then what is new: `order` names all that are shown, `sessions` those that are new or different. */
type Follow = { wall: Wall; clock: () => number };

async function follow(
  { wall, clock }: Follow,
  { rights, signal }: Pick<Visit, "rights" | "signal">,
  stream: EventStream,
) {
  let shown = new Map<string, string>();
  let order: string | undefined;
  while (!signal.aborted) {
    if (stream.pending() <= MOST_PENDING) {
      const now = clock();
      const drawn = new Map(
        (await seen(wall, rights)).map((session) => [session.task.id, sessionOf(session, now).text]),
      );
      const fresh = [...drawn].filter(([id, text]) => lasting(shown.get(id)) !== lasting(text));
      const ids = [...drawn.keys()];
      if (fresh.length > 0 || order !== ids.join(" ")) {
        const data = JSON.stringify({ at: now, order: ids, sessions: Object.fromEntries(fresh) });
        const isSent = stream.send({ event: "wall", data });
        shown = isSent ? drawn : new Map();
        order = isSent ? ids.join(" ") : undefined;
      }
    }
    await pause(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** The page lets ages grow by itself. */
const lasting = (text: string | undefined): string | undefined => text?.replace(/(<time [^>]*>)[^<]*/g, "$1");
