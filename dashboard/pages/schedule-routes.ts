/** The page of schedules: those of repositories that somebody may read; kept up to date. */
import { readSchedules, type SchedulesView } from "../../src/views/schedules.ts";
import type { DashboardDeps } from "../deps.ts";
import { blocksFor, type Drawing, type Seen } from "../rows/drawing.ts";
import type { LiveView } from "../rows/live.ts";
import type { DashboardRoute, Place } from "../visit.ts";
import { page } from "./layout.ts";
import { schedulesBlocks, schedulesBody } from "./schedules.ts";

type ScheduleDeps = Pick<DashboardDeps, "schedules" | "store">;

export const scheduleRoutes = (deps: ScheduleDeps): DashboardRoute[] => [
  {
    method: "GET",
    path: "/schedules",
    answer: async (visit) => {
      const body = schedulesBody(await blocksFor(visit.rights, await drawing(deps, visit.now)));
      return page({ title: "Schedules", visit, at: "/schedules", live: "schedules", styles: ["pages.css"], body });
    },
  },
];

/** Tasks change far more often than schedules: what became of the last one is as old as a look at everything. */
export const scheduleLive = (deps: ScheduleDeps): LiveView => ({
  name: "schedules",
  draw: async (_argument, { now }) => await drawing(deps, now),
  concerns: () => false,
});

async function drawing({ schedules, store }: ScheduleDeps, now: number): Promise<Drawing> {
  const [all, known] = await Promise.all([readSchedules(schedules, store), schedules.repositories()]);
  const ids = new Set([...all.schedules, ...all.unusable].map(({ repositoryId }) => repositoryId));
  const places = [...known.values()]
    .map(({ installationId, ...repository }): Place => ({ installationId, repository }))
    .filter(({ repository }) => ids.has(repository.id));
  return { regions: [], blocks: schedulesBlocks((seen) => seenOf(all, places, seen), now), places };
}

/** One of which it is not known where it is, is an operator's to see. */
function seenOf(all: SchedulesView, places: readonly Place[], { isOperator, tierOf }: Seen): SchedulesView {
  if (isOperator) return all;
  const readable = new Set(places.filter((place) => tierOf(place)).map(({ repository }) => repository.id));
  const isSeen = ({ repositoryId }: { repositoryId: number }) => readable.has(repositoryId);
  return { schedules: all.schedules.filter(isSeen), unusable: all.unusable.filter(isSeen) };
}
