/** Where webhooks are sent to, what is under way or kept back, and what became of each. */
import type { DeliveryRecord } from "./record.ts";

export type Webhooks = {
  url: string | undefined;
  timeoutMs: number;
  /** Oldest first. */
  log: DeliveryRecord[];
  held: DeliveryRecord[];
  underWay: Set<Promise<void>>;
  closing: AbortController;
};

export function makeWebhooks(timeoutMs: number): Webhooks {
  return { url: undefined, timeoutMs, log: [], held: [], underWay: new Set(), closing: new AbortController() };
}
