/** What there is to see besides the first page and the tasks: plans, conversations, hosts, schedules, sessions, stats. */
import type { DashboardDeps } from "../deps.ts";
import type { FactsKeeper } from "../rows/facts.ts";
import type { LiveView } from "../rows/live.ts";
import type { DashboardRoute } from "../visit.ts";
import { linesOfEvents, makeWall } from "../wall/read-wall.ts";
import { wallRoutes } from "../wall/wall-routes.ts";
import { conversationRoutes } from "./conversation-routes.ts";
import { hostRoutes } from "./host-routes.ts";
import { planLive, planRoutes } from "./plan-routes.ts";
import { scheduleRoutes } from "./schedule-routes.ts";
import { statsRoutes } from "./stats-routes.ts";

export function operateRoutes(deps: DashboardDeps, facts: FactsKeeper): DashboardRoute[] {
  const wall = makeWall({ facts, lastLines: linesOfEvents(deps.redis), now: deps.now });
  return [
    ...planRoutes(deps),
    ...conversationRoutes(deps),
    ...hostRoutes(deps),
    ...scheduleRoutes(deps),
    ...statsRoutes(deps),
    ...wallRoutes(wall, deps.now),
  ];
}

export const operateViews = (deps: DashboardDeps): LiveView[] => [planLive(deps)];
