/**
 * The dashboard, put together: what its pages and deeds answer, behind one door. Loaded by a bot that has one only. A bot without a dashboard does all its
 * other work, so nothing here is a reason for it not to start.
 */

import { hostAndPort } from "../src/reach/host-and-port.ts";
import type { DashboardConfig } from "../src/settings/dashboard.ts";
import { dataRoutes } from "./data-routes.ts";
import { operatorDeedRoutes } from "./deeds/operator-deeds.ts";
import { taskDeedRoutes } from "./deeds/task-deeds.ts";
import type { DashboardDeps } from "./deps.ts";
import { type DoorTimes, openDoor } from "./door/listener.ts";
import { sayWhere } from "./door/proof.ts";
import { outputOf } from "./output/output.ts";
import { outputRoutes } from "./output/routes.ts";
import { operatePages } from "./pages/operate.ts";
import { openTaskPages } from "./pages/pages.ts";
import type { DashboardRoute } from "./visit.ts";

export type Dashboard = {
  /** Where people find it. */
  url: string;
  /** False while another bot of this machine has the port. */
  isListening(): boolean;
  /** Who look at what programs print just now. */
  viewers(): number;
  stop(): Promise<void>;
};

/** All that can be asked for once somebody is in. */
export function openPages(deps: DashboardDeps): { routes: DashboardRoute[]; stop(): Promise<void> } {
  const more = operatePages(deps);
  const tasks = openTaskPages(deps, more.views);
  const deeds = [...taskDeedRoutes(deps), ...operatorDeedRoutes(deps)];
  return {
    routes: [...deeds, ...outputRoutes(deps), ...dataRoutes(deps), ...tasks.routes, ...more.routes],
    stop: tasks.stop,
  };
}

export async function startDashboard(
  deps: DashboardDeps,
  config: DashboardConfig,
  times?: DoorTimes,
): Promise<Dashboard> {
  const { redis, github, now, log } = deps;
  const pages = openPages(deps);
  const door = await openDoor({ redis, github, routes: pages.routes, now, log }, config, times);
  const local = `http://${hostAndPort(config.host === "0.0.0.0" ? "127.0.0.1" : config.host, config.port)}`;
  const where = sayWhere(redis, { at: { url: door.address.url, local }, isListening: door.isListening, now, log });
  return {
    url: door.address.url,
    isListening: door.isListening,
    viewers: () => outputOf(deps).live.viewers(),
    stop: async () => {
      await where.stop();
      await door.stop();
      await pages.stop();
    },
  };
}
