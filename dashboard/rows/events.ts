/** `GET /events?view=…`: one stream for each tab, which says what of its page has changed. */
import type { DashboardRoute } from "../visit.ts";
import type { Live } from "./live.ts";

const MOST_NAME = 200;

export const eventsRoutes = (live: Live): DashboardRoute[] => [
  {
    method: "GET",
    path: "/events",
    answer: async (visit) => {
      const name = visit.query.get("view") ?? "";
      if (name.length > MOST_NAME || !(await live.isThere(name, visit.rights))) return { kind: "nothing" };
      return { kind: "stream", run: async (stream) => await live.follow(name, visit, stream) };
    },
  },
];
