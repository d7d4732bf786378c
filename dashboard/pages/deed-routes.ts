/** The page of what people did, for operators: it names tasks of all repositories. */
import type { DashboardDeps } from "../deps.ts";
import type { DashboardRoute } from "../visit.ts";
import { deedsBody } from "./deeds.ts";
import { page } from "./layout.ts";

/** On one page. */
const MOST = 100;

export const deedRoutes = ({ deeds }: Pick<DashboardDeps, "deeds">): DashboardRoute[] => [
  {
    method: "GET",
    path: "/deeds",
    operatorsOnly: true,
    answer: async (visit) => {
      const found = await deeds.newest({ most: MOST + 1, before: visit.query.get("before") ?? undefined });
      const body = deedsBody({ deeds: found.slice(0, MOST), hasMore: found.length > MOST }, visit.now);
      return page({ title: "Deeds", visit, at: "/deeds", styles: ["pages.css"], body });
    },
  },
];
