/** The page of schedules: those of repositories that somebody may read. */
import { readSchedules, type SchedulesView } from "../../src/views/schedules.ts";
import type { DashboardDeps } from "../deps.ts";
import type { DashboardRoute, Place, Rights } from "../visit.ts";
import { page } from "./layout.ts";
import { schedulesBody } from "./schedules.ts";

type ScheduleDeps = Pick<DashboardDeps, "schedules" | "store">;

export const scheduleRoutes = ({ schedules, store }: ScheduleDeps): DashboardRoute[] => [
  {
    method: "GET",
    path: "/schedules",
    answer: async (visit) => {
      const [all, known] = await Promise.all([readSchedules(schedules, store), schedules.repositories()]);
      const places = [...known.values()].map(({ installationId, ...repository }) => ({ installationId, repository }));
      const body = schedulesBody(await seen(all, places, visit.rights), visit.now);
      return page({ title: "Schedules", visit, at: "/schedules", styles: ["pages.css"], body });
    },
  },
];

/** Each repository is asked for once. One of which it is not known where it is, is an operator's to see. */
async function seen(all: SchedulesView, places: readonly Place[], rights: Rights): Promise<SchedulesView> {
  if (rights.isOperator) return all;
  const ids = new Set([...all.schedules, ...all.unusable].map(({ repositoryId }) => repositoryId));
  const asked = places.filter(({ repository }) => ids.has(repository.id));
  const answers = await Promise.all(
    asked.map(async (place) => ((await rights.mayRead(place)) ? [place.repository.id] : [])),
  );
  const readable = new Set(answers.flat());
  const isSeen = ({ repositoryId }: { repositoryId: number }) => readable.has(repositoryId);
  return { schedules: all.schedules.filter(isSeen), unusable: all.unusable.filter(isSeen) };
}
