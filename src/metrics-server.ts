/**
 * Where Prometheus and autoscalers ask: a listener of its own, so that the webhook's port says nothing of it, with a token. Of several bots on one
 * machine one has the port; another takes over when that one ends.
 */

import type { IncomingMessage } from "node:http";
import type { HttpResponse } from "./ingress/ingress.ts";
import { equalInConstantTime } from "./ingress/signature.ts";
import { listenWhenFree } from "./listen-when-free.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics/metrics.ts";
import { makeServer, type Route } from "./server.ts";

export type MetricsAt = { host: string; port: number; token: string };

/** What is answered there, each with GET. */
export const METRICS_PATH = "/metrics";
export const SCALE_PATH = "/api/v1/scale";

export type MetricsServer = { stop(): Promise<void> };

/** Returns at once where the port is taken; it is tried for then until `stop`. */
export async function serveMetrics(
  metrics: Metrics,
  { host, port, token }: MetricsAt,
  log: Logger,
): Promise<MetricsServer> {
  const { server, stop } = makeServer(routesOf(metrics, token), log);
  const names = { host: "METRICS_HOST", port: "METRICS_PORT" };
  const listening = await listenWhenFree(server, { host, port, names }, log);
  return {
    async stop() {
      await listening.stop();
      if (server.listening) await stop();
    },
  };
}

function routesOf(metrics: Metrics, token: string): Route[] {
  const guarded = (path: string, give: () => Promise<Omit<HttpResponse, "status">>): Route => ({
    method: "GET",
    path,
    answer: async (request: IncomingMessage) => {
      if (equalInConstantTime(request.headers.authorization ?? "", `Bearer ${token}`))
        return { status: 200, ...(await give()) };
      const body = { error: { code: 401, message: "Give METRICS_TOKEN as a bearer token" } };
      return { status: 401, headers: { "www-authenticate": "Bearer" }, body };
    },
  });
  return [
    guarded(METRICS_PATH, async () => {
      const { type, text } = await metrics.scrape();
      return { type, body: text };
    }),
    guarded(SCALE_PATH, async () => ({ body: await metrics.scale() })),
  ];
}
