import { once } from "node:events";
import { createServer } from "node:http";
import { pino } from "pino";
import { expect, test, vi } from "vitest";
import { freePort } from "../demo/free-port.ts";
import type { Metrics } from "../src/metrics/metrics.ts";
import { serveMetrics } from "../src/metrics-server.ts";

const metrics = { scrape: async () => ({ type: "text/plain", text: "x 1\n" }) } as Metrics;
const log = pino({ level: "silent" });

test("a bot whose metrics port another one has takes over when that one ends", async () => {
  const at = { host: "127.0.0.1", port: await freePort(), token: "t".repeat(32) };
  const other = createServer((_request, response) => response.end("the other one")).listen(at.port, at.host);
  await once(other, "listening");
  const server = await serveMetrics(metrics, at, log);
  other.closeAllConnections();
  other.close();
  const ask = () => fetch(`http://${at.host}:${at.port}/metrics`, { headers: { authorization: `Bearer ${at.token}` } });
  await vi.waitFor(async () => expect(await (await ask()).text()).toBe("x 1\n"), { timeout: 10_000, interval: 50 });
  await server.stop();
  await expect(ask()).rejects.toThrow();
});

test("an address that cannot be had is said in the log, and holds nothing up", async () => {
  const server = await serveMetrics(metrics, { host: "192.0.2.1", port: 1_024, token: "" }, log);
  await server.stop();
});
