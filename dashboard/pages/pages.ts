/** The pages of tasks put together: the first page, the lists, each task and run, and the stream that keeps them up to date. */
import type { DashboardDeps } from "../deps.ts";
import { eventsRoutes } from "../rows/events.ts";
import { makeFacts } from "../rows/facts.ts";
import { type LiveView, startLive } from "../rows/live.ts";
import type { DashboardRoute } from "../visit.ts";
import { debugRoutes } from "./debug-bundle.ts";
import { frontRoutes, frontView } from "./front.ts";
import { runRoutes } from "./run.ts";
import { taskLiveView, taskRoutes } from "./task.ts";
import { changesRoutes } from "./task-changes.ts";
import { tasksRoutes } from "./tasks.ts";

export type TaskPages = { routes: DashboardRoute[]; stop(): Promise<void> };

/** `views`: of other pages that are kept up to date. */
export function openTaskPages(deps: DashboardDeps, views: readonly LiveView[] = []): TaskPages {
  const { subscriber, now, log } = deps;
  const facts = makeFacts(deps);
  const pages = { ...deps, facts };
  const live = startLive({ subscriber, facts, views: [frontView(), taskLiveView(pages), ...views], now, log });
  const routes = [
    ...frontRoutes(pages),
    ...tasksRoutes(pages),
    ...taskRoutes(pages),
    ...runRoutes(pages),
    ...changesRoutes(deps),
    ...debugRoutes(deps),
    ...eventsRoutes(live),
  ];
  return { routes, stop: live.stop };
}
