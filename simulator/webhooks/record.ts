/** What the delivery log keeps of one attempt, and how a delivery is signed. */
import { createHmac } from "node:crypto";
import type { AppIdentity } from "../store/model.ts";
import type { Store } from "../store/store.ts";

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
  /** "pending" or "held" until it has been sent; then GitHub's words ("OK", "timed out" ...). */
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

const hookId = 420_001;

/** https://docs.github.com/en/webhooks/webhook-events-and-payloads#delivery-headers */
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

/** Who sends. */
type Sender = { app: AppIdentity; store: Store };

/** A delivery that has not been sent yet. */
export function makeRecord({ app, store }: Sender, out: Outgoing, guid: string, redelivery = false): DeliveryRecord {
  const action = typeof out.payload.action === "string" ? out.payload.action : undefined;
  const body = JSON.stringify(out.payload);
  return {
    id: store.nextId("delivery"),
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
    request: { headers: headersFor(app, body, guid, out.event), payload: JSON.parse(body) },
    response: { headers: {}, payload: "" },
  };
}

/** The same event again, under the same GUID and with the same bytes. */
export function makeTwin(sender: Sender, first: DeliveryRecord, redelivery: boolean): DeliveryRecord {
  const { event, guid, installationId, repositoryId, request } = first;
  return makeRecord(sender, { event, payload: request.payload, installationId, repositoryId }, guid, redelivery);
}
