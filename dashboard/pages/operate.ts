/** What there is to see besides the first page and the tasks: plans, conversations, hosts, schedules, sessions, stats, deeds. */
import type { DashboardDeps } from "../deps.ts";
import { outputOf } from "../output/output.ts";
import type { LiveView } from "../rows/live.ts";
import type { DashboardRoute } from "../visit.ts";
import { conversationRoutes } from "./conversation-routes.ts";
import { deedRoutes } from "./deed-routes.ts";
import { hostLive, hostRoutes } from "./host-routes.ts";
import { planLive, planRoutes } from "./plan-routes.ts";
import { scheduleLive, scheduleRoutes } from "./schedule-routes.ts";
import { sessionPages } from "./session-routes.ts";
import { statsRoutes } from "./stats-routes.ts";

export function operatePages(deps: DashboardDeps): { routes: DashboardRoute[]; views: LiveView[] } {
  const sessions = sessionPages({ ...deps, lastLines: outputOf(deps).lastLines });
  return {
    routes: [
      ...planRoutes(deps),
      ...conversationRoutes(deps),
      ...hostRoutes(deps),
      ...scheduleRoutes(deps),
      ...statsRoutes(deps),
      ...deedRoutes(deps),
      ...sessions.routes,
    ],
    views: [planLive(deps), sessions.view, ...hostLive, scheduleLive(deps)],
  };
}
