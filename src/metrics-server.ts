/**
 * Where Prometheus and autoscalers ask: a listener of its own, so that the webhook's port says nothing of it, with a token. Of several bots on one
 * machine one has the port; another takes over when that one ends.
 */

import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { HttpResponse } from "./ingress/ingress.ts";
import { equalInConstantTime } from "./ingress/signature.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics/metrics.ts";
import { makeServer, type Route } from "./server.ts";

export type MetricsAt = { host: string; port: number; token: string };

/** What is answered there, each with GET. */
export const METRICS_PATH = "/metrics";
export const SCALE_PATH = "/api/v1/scale";

const TRY_AGAIN_MS = 2_000;

export type MetricsServer = { stop(): Promise<void> };

/** Returns at once where the port is taken; it is tried for then until `stop`. */
export async function serveMetrics(metrics: Metrics, at: MetricsAt, log: Logger): Promise<MetricsServer> {
  const stopping = new AbortController();
  const { server, stop } = makeServer(routesOf(metrics, at.token), log);

  async function isListening(): Promise<boolean> {
    server.listen({ host: at.host, port: at.port });
    return await once(server, "listening").then(
      () => true,
      (error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return false;
        log.error(
          { err: error, at: `${at.host}:${at.port}` },
          "METRICS_HOST or METRICS_PORT cannot be had: there are no metrics",
        );
        stopping.abort();
        return false;
      },
    );
  }

  async function keepTrying(): Promise<void> {
    log.info(
      { port: at.port },
      "METRICS_PORT is in use, by another bot or another program: it is tried again until it is free",
    );
    while (!stopping.signal.aborted && !(await isListening()))
      await delay(TRY_AGAIN_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
  }

  const trying = (await isListening()) || stopping.signal.aborted ? undefined : keepTrying();
  return {
    async stop() {
      stopping.abort();
      await trying;
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
