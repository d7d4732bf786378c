/** The log of the App's webhook deliveries, and redelivery. */

import { delivery, deliveryItem } from "../serialise/installation.ts";
import { redeliver } from "../webhooks/webhooks.ts";
import { violated } from "../world.ts";
import { type Call, numberParam } from "./call.ts";
import { notFound, ok, type Reply } from "./reply.ts";
import { asApp, type Route } from "./router.ts";

/** Newest first; the cursor is the id of the last delivery of the page before. */
function listDeliveries(call: Call): Reply {
  const query = call.url.searchParams;
  const size = Math.min(100, Math.max(1, Number(query.get("per_page") ?? 30) || 30));
  const cursor = Number(query.get("cursor")?.replace(/^v1_/, "") ?? Number.POSITIVE_INFINITY);
  const status = query.get("status");
  const wanted = call.world.webhooks.log.filter((each) => {
    if (each.id >= cursor || each.statusCode === 0) return false;
    if (status === "failure") return each.statusCode >= 400;
    return status !== "success" || each.statusCode < 400;
  });
  const items = wanted.reverse().slice(0, size);
  const last = items.at(-1);
  if (!last || items.length === wanted.length) return ok(items.map(deliveryItem));
  const next = new URL(call.url);
  next.searchParams.set("cursor", `v1_${last.id}`);
  return { ...ok(items.map(deliveryItem)), headers: { link: `<${next.href}>; rel="next"` } };
}

export const deliveryRoutes: Route[] = [
  asApp("GET", "/app/hook/deliveries", listDeliveries),
  asApp("GET", "/app/hook/deliveries/{id}", (call) => {
    const id = numberParam(call, "id");
    const found = call.world.webhooks.log.find((each) => each.id === id);
    if (!found) throw notFound();
    return ok(delivery(call.world.webhooks.url ?? call.world.url, found));
  }),
  asApp("POST", "/app/hook/deliveries/{id}/attempts", (call) => {
    const { world } = call;
    const id = numberParam(call, "id");
    if (!world.webhooks.log.some((each) => each.id === id)) throw notFound();
    redeliver(world, id).catch((error: unknown) => violated(world, `redelivery failed: ${error}`));
    return { status: 202, body: {} };
  }),
  asApp("GET", "/app/hook/config", ({ world }) =>
    ok({ content_type: "json", insecure_ssl: "0", secret: "********", url: world.webhooks.url ?? "" }),
  ),
];
