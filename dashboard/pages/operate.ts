/** What there is to see besides the first page and the tasks: plans, conversations, hosts, schedules, sessions, stats. */
import type { DashboardDeps } from "../deps.ts";
import type { LiveView } from "../rows/live.ts";
import type { DashboardRoute } from "../visit.ts";
import { conversationRoutes } from "./conversation-routes.ts";
import { hostRoutes } from "./host-routes.ts";
import { planLive, planRoutes } from "./plan-routes.ts";
import { scheduleRoutes } from "./schedule-routes.ts";
import { linesOfEvents, sessionRoutes, sessionsLive } from "./session-routes.ts";
import { statsRoutes } from "./stats-routes.ts";

export function operatePages(deps: DashboardDeps): { routes: DashboardRoute[]; views: LiveView[] } {
  const lastLines = linesOfEvents(deps.redis);
  return {
    routes: [
      ...planRoutes(deps),
      ...conversationRoutes(deps),
      ...hostRoutes(deps),
      ...scheduleRoutes(deps),
      ...statsRoutes(deps),
      ...sessionRoutes({ ...deps, lastLines }),
    ],
    views: [planLive(deps), sessionsLive({ lastLines })],
  };
}
