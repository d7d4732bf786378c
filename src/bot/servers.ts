/**
 * Where a bot listens for others than the worker hosts of its machine: the port for GitHub, and whatever of metrics, dashboard and
 * programs' API its settings ask for. What it has no use for is not loaded.
 */
import type { BotConfig } from "../config.ts";
import { makeMetrics } from "../metrics/metrics.ts";
import { serveMetrics } from "../metrics-server.ts";
import { hostAndPort } from "../reach/host-and-port.ts";
import { listenOn, type Route } from "../server.ts";
import type { Background } from "./background.ts";
import type { BotParts } from "./parts.ts";
import type { Storage } from "./storage.ts";

export type ServersDeps = BotParts &
  Pick<Background, "wakeIntake"> & {
    /** What is answered on the port. */
    routes: readonly Route[];
    /** Ends the waiting for a port that is in use. */
    signal: AbortSignal | undefined;
  };

export type Servers = {
  /** As `Bot` has them. */
  urls: { url: string; apiUrl?: string; dashboardUrl?: string };
  /** Answers nothing new, and waits for what is under way. */
  stop(): Promise<void>;
};

/** Throws what `listen` throws; then nothing listens. */
export async function startServers({ routes, signal, ...deps }: ServersDeps): Promise<Servers> {
  const { config, storage, log } = deps;
  const started: { stop(): Promise<void> }[] = [];
  const stop = async () => void (await Promise.all(started.map((server) => server.stop())));
  const add = <Server extends { stop(): Promise<void> }>(server: Server): Server => {
    started.push(server);
    return server;
  };
  const asked = { ...storage, ...deps };
  try {
    const dashboard = config.dashboard && add(await openDashboard(asked, config.dashboard));
    if (config.metrics) {
      const { around } = storage.views;
      const metrics = makeMetrics({ ...asked, around, viewers: () => dashboard?.viewers() ?? 0 });
      add(await serveMetrics(metrics, config.metrics, log));
    }
    const { port } = add(await listenOn(config, routes, log, { signal }));
    const programs = config.api && add(await openPrograms(asked, config.api, signal));
    const urls = {
      url: `http://${hostAndPort(config.host, port)}`,
      ...(programs && { apiUrl: programs.url }),
      ...(dashboard?.isListening() && { dashboardUrl: dashboard.url }),
    };
    return { urls, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Asked = Storage & Omit<ServersDeps, "routes" | "signal">;

async function openDashboard(asked: Asked, at: NonNullable<BotConfig["dashboard"]>) {
  const { startDashboard } = await import("../../dashboard/dashboard.ts");
  const { historyFile, github } = asked.config;
  return await startDashboard({ ...asked, historyFile, webUrl: github.webUrl }, at);
}

async function openPrograms(asked: Asked, at: NonNullable<BotConfig["api"]>, signal: AbortSignal | undefined) {
  const { openForPrograms } = await import("../programs.ts");
  return await openForPrograms(asked, at, { sharesPort: asked.config.sharesPort, signal });
}
