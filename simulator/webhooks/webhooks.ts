/**
 * Sends webhooks to the App as GitHub does: signed over the exact bytes, a UUID per delivery, ten seconds to answer,
 * no retry of its own, a log that remembers every attempt, redelivery under the same GUID.
 */
import { randomUUID } from "node:crypto";
import { violated, type World } from "../world.ts";
import type { Webhooks } from "./outbox.ts";
import { post } from "./post.ts";
import { type DeliveryRecord, makeRecord, makeTwin, type Outgoing } from "./record.ts";

async function attempt(world: World, record: DeliveryRecord): Promise<void> {
  const { url, timeoutMs, closing } = world.webhooks;
  record.deliveredAt = new Date().toISOString();
  const answer = url
    ? await post(url, record.request.headers, JSON.stringify(record.request.payload), timeoutMs, closing.signal)
    : { status: "failed to connect to host", statusCode: 502, duration: 0, headers: {}, body: "no webhook URL" };
  const { body, ...outcome } = answer;
  Object.assign(record, {
    duration: outcome.duration,
    status: outcome.status,
    statusCode: outcome.statusCode,
    response: { headers: outcome.headers, payload: body },
  });
  world.log(`webhook ${record.event}${record.action ? `.${record.action}` : ""} -> ${record.statusCode}`);
  world.bus.emit("delivery", record);
  world.bus.emit("change");
}

/** Counts as under way until it has been answered. */
function start(world: World, record: DeliveryRecord): Promise<void> {
  const { underWay } = world.webhooks;
  const work = attempt(world, record).finally(() => underWay.delete(work));
  underWay.add(work);
  return work;
}

function startInBackground(world: World, record: DeliveryRecord): void {
  start(world, record).catch((error: unknown) => violated(world, `a delivery failed inside: ${error}`));
}

/** Sends one event, unless nobody listens; a fault may lose it, send it twice or keep it back. */
export function send(world: World, outgoing: Outgoing): void {
  violated(world, ...(world.judge?.webhook(outgoing.event, outgoing.payload) ?? []));
  const { url, log, held } = world.webhooks;
  if (!url) return;
  const record = makeRecord(world, outgoing, randomUUID());
  log.push(record);
  const fault = world.faults.takeDelivery(record.event, record.action);
  switch (fault) {
    case "drop":
      Object.assign(record, { status: "failed to connect to host", statusCode: 502 });
      break;
    case "hold":
      record.status = "held";
      held.push(record);
      break;
    case "double": {
      const twin = makeTwin(world, record, false);
      log.push(twin);
      startInBackground(world, record);
      startInBackground(world, twin);
      break;
    }
    case undefined:
      startInBackground(world, record);
  }
}

/** Sends a logged delivery once more, under its GUID. Resolves when it has been answered; undefined = no such one. */
export async function redeliver(world: World, id: number): Promise<DeliveryRecord | undefined> {
  const first = world.webhooks.log.find((each) => each.id === id);
  if (!first) return undefined;
  const again = makeTwin(world, first, true);
  world.webhooks.log.push(again);
  await start(world, again);
  return again;
}

/** Sends what a fault kept back, and waits for the answers. */
export async function releaseHeld(world: World): Promise<void> {
  const released = world.webhooks.held.splice(0);
  await Promise.all(released.map((record) => start(world, record)));
}

/** Resolves when nothing is under way; held deliveries do not count. */
export async function idle({ underWay }: Webhooks): Promise<void> {
  while (underWay.size > 0) await Promise.allSettled([...underWay]);
}
