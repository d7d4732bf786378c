/**
 * Sends webhooks to the App as GitHub does: signed over the exact bytes, a UUID per delivery, ten seconds to answer,
 * no retry of its own, a log that remembers every attempt, redelivery under the same GUID.
 * https://docs.github.com/en/webhooks/webhook-events-and-payloads#delivery-headers
 */
import { createHmac, randomUUID } from "node:crypto";
import type { AppIdentity } from "../store/model.ts";
import type { World } from "../world.ts";
import { post } from "./post.ts";

export type DeliveryRecord = {
  id: number;
  guid: string;
  event: string;
  action: string | undefined;
  /** ISO 8601. */
  deliveredAt: string;
  redelivery: boolean;
  /** Seconds that the receiver took. */
  duration: number;
  /** "pending" and "held" until it has been sent; then GitHub's words ("OK", "timed out" ...). */
  status: string;
  /** The receiver's status; 0 = not sent yet. */
  statusCode: number;
  installationId: number | undefined;
  repositoryId: number | undefined;
  /** What was posted, header names as sent. */
  request: { headers: Record<string, string>; payload: Record<string, unknown> };
  response: { headers: Record<string, string>; payload: string };
};

/** One event for the App. `payload` is complete. */
export type Outgoing = {
  event: string;
  payload: Record<string, unknown>;
  installationId: number | undefined;
  repositoryId: number | undefined;
};

export type Webhooks = {
  url: string | undefined;
  log: DeliveryRecord[];
  send(world: World, outgoing: Outgoing): void;
  /** Sends a logged delivery once more, under its GUID. Resolves when it has been answered. */
  redeliver(world: World, id: number): Promise<DeliveryRecord | undefined>;
  releaseHeld(world: World): Promise<void>;
  /** Resolves when nothing is under way; held deliveries do not count. */
  idle(): Promise<void>;
  close(): void;
};

const hookId = 420_001;

function headersFor(app: AppIdentity, body: string, guid: string, event: string): Record<string, string> {
  const hmac = (algorithm: string) => createHmac(algorithm, app.webhookSecret).update(body).digest("hex");
  return {
    Accept: "*/*",
    "Content-Type": "application/json",
    "User-Agent": "GitHub-Hookshot/51mu1at",
    "X-GitHub-Delivery": guid,
    "X-GitHub-Event": event,
    "X-GitHub-Hook-ID": String(hookId),
    "X-GitHub-Hook-Installation-Target-ID": String(app.id),
    "X-GitHub-Hook-Installation-Target-Type": "integration",
    "X-Hub-Signature": `sha1=${hmac("sha1")}`,
    "X-Hub-Signature-256": `sha256=${hmac("sha256")}`,
  };
}

export function makeWebhooks(timeoutMs: number): Webhooks {
  const underWay = new Set<Promise<unknown>>();
  const abort = new AbortController();
  let held: DeliveryRecord[] = [];

  const attempt = async (world: World, record: DeliveryRecord): Promise<void> => {
    const url = webhooks.url;
    record.deliveredAt = new Date().toISOString();
    const answer = url
      ? await post(url, record.request.headers, JSON.stringify(record.request.payload), timeoutMs, abort.signal)
      : { status: "failed to connect to host", statusCode: 502, duration: 0, headers: {}, body: "" };
    record.duration = answer.duration;
    record.status = answer.status;
    record.statusCode = answer.statusCode;
    record.response = { headers: answer.headers, payload: answer.body };
    world.log(`webhook ${record.event}${record.action ? `.${record.action}` : ""} -> ${record.statusCode}`);
    world.bus.emit("delivery", record);
    world.bus.emit("change");
  };
  const track = (work: Promise<void>): Promise<void> => {
    underWay.add(work);
    return work.finally(() => underWay.delete(work));
  };
  const background = (world: World, work: Promise<void>): void => {
    track(work).catch((error: unknown) => world.violations.push(`delivery failed inside the simulator: ${error}`));
  };
  const record = (world: World, out: Outgoing, guid: string, redelivery: boolean): DeliveryRecord => {
    const action = typeof out.payload.action === "string" ? out.payload.action : undefined;
    const body = JSON.stringify(out.payload);
    const made: DeliveryRecord = {
      id: world.store.nextId("delivery"),
      guid,
      event: out.event,
      action,
      deliveredAt: new Date().toISOString(),
      redelivery,
      duration: 0,
      status: "pending",
      statusCode: 0,
      installationId: out.installationId,
      repositoryId: out.repositoryId,
      // Parsed back from the bytes: a later change in the store must not change what was said.
      request: { headers: headersFor(world.app, body, guid, out.event), payload: JSON.parse(body) },
      response: { headers: {}, payload: "" },
    };
    webhooks.log.push(made);
    return made;
  };
  const sendOnce = (world: World, delivery: DeliveryRecord): void => {
    const fault = world.faults.takeDelivery(delivery.event, delivery.action);
    if (fault === "drop") Object.assign(delivery, { status: "failed to connect to host", statusCode: 502 });
    else if (fault === "hold") {
      delivery.status = "held";
      held.push(delivery);
    } else background(world, attempt(world, delivery));
    if (fault === "double") {
      const { event, installationId, repositoryId, request } = delivery;
      const twin = record(
        world,
        { event, payload: request.payload, installationId, repositoryId },
        delivery.guid,
        false,
      );
      background(world, attempt(world, twin));
    }
    if (fault) world.bus.emit("change");
  };

  const webhooks: Webhooks = {
    url: undefined,
    log: [],
    send(world, outgoing) {
      for (const each of world.judge?.webhook(outgoing.event, outgoing.payload) ?? []) world.violations.push(each);
      if (webhooks.url) sendOnce(world, record(world, outgoing, randomUUID(), false));
    },
    async redeliver(world, id) {
      const first = webhooks.log.find((each) => each.id === id);
      if (!first) return undefined;
      const { event, installationId, repositoryId, request, guid } = first;
      const again = record(world, { event, payload: request.payload, installationId, repositoryId }, guid, true);
      await track(attempt(world, again));
      return again;
    },
    async releaseHeld(world) {
      const released = held;
      held = [];
      await Promise.all(released.map((delivery) => track(attempt(world, delivery))));
    },
    async idle() {
      while (underWay.size > 0) await Promise.allSettled([...underWay]);
    },
    close: () => abort.abort(),
  };
  return webhooks;
}
