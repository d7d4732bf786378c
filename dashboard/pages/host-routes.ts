/** The pages of worker hosts, for operators. */
import { hosts as hostsView } from "../../src/views/hosts.ts";
import type { DashboardDeps } from "../deps.ts";
import type { DashboardRoute } from "../visit.ts";
import { hostBody } from "./host.ts";
import { hostsBody } from "./hosts.ts";
import { page } from "./layout.ts";

const styles = ["pages.css"];

export const hostRoutes = ({ views }: Pick<DashboardDeps, "views">): DashboardRoute[] => [
  {
    method: "GET",
    path: "/hosts",
    operatorsOnly: true,
    answer: async (visit) => {
      const around = await views.around();
      const body = hostsBody({ hosts: hostsView(around), pause: around.paused.pause }, visit);
      return page({ title: "Worker hosts", visit, at: "/hosts", styles, body });
    },
  },
  {
    method: "GET",
    path: "/hosts/:id",
    operatorsOnly: true,
    answer: async (visit) => {
      const host = hostsView(await views.around()).find(({ id }) => id === visit.params.id);
      if (!host) return { kind: "nothing" };
      return page({ title: host.name, visit, at: "/hosts", styles, body: hostBody(host, visit) });
    },
  },
];
