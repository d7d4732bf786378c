/**
 * GitHub's log of the App's deliveries, and the request to deliver again. Both are signed by the App itself and need no
 * permission. GitHub keeps the log, and redelivers, for three days.
 * https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries
 */
import type { Octokit } from "../github.ts";
import { nameOf } from "../ingress/ingress.ts";
import type { Attempt } from "./missed.ts";

const PAGE = 100;
/** An HTTP date has whole seconds, rounded down. */
const WHOLE_SECONDS_MS = 999;
/** 10,000 attempts: many hours of a busy App. */
const MAX_PAGES = 100;

export type DeliveryLog = {
  /** Oldest first. */
  attempts: Attempt[];
  /** GitHub's clock, Unix ms, at the latest that it can be; undefined when it does not tell. */
  now: number | undefined;
  /** False when there were too many to read all. */
  complete: boolean;
};

/** Attempts since a time (Unix ms). `onPage` comes before each request and may throw to end the reading. */
export async function readLog(octokit: Octokit, since: number, onPage: () => Promise<void>): Promise<DeliveryLog> {
  const { listWebhookDeliveries } = octokit.rest.apps;
  const newestFirst: Attempt[] = [];
  let now: number | undefined;
  let pages = 0;
  const end = (complete: boolean) => ({ attempts: newestFirst.toReversed(), now, complete });
  await onPage();
  for await (const { data, headers } of octokit.paginate.iterator(listWebhookDeliveries, { per_page: PAGE })) {
    now ??= Date.parse(headers.date ?? "") + WHOLE_SECONDS_MS || undefined;
    const attempts = data.map(attemptOf);
    newestFirst.push(...attempts.filter((attempt) => attempt.at >= since));
    if (attempts.some((attempt) => attempt.at < since)) return end(true);
    pages += 1;
    if (pages === MAX_PAGES) return end(false);
    await onPage();
  }
  return end(true);
}

type Item = Awaited<ReturnType<Octokit["rest"]["apps"]["listWebhookDeliveries"]>>["data"][number];

function attemptOf({ id, guid, event, action, delivered_at, status_code }: Item): Attempt {
  const arrived = status_code >= 200 && status_code < 300;
  return { id: String(id), guid, name: nameOf(event, action ?? ""), at: Date.parse(delivered_at), arrived };
}

/** GitHub answers before it delivers. */
export async function redeliver(octokit: Octokit, { id }: Pick<Attempt, "id">): Promise<void> {
  // As text in the path: the typed method would have us make a number of it.
  await octokit.request(`POST /app/hook/deliveries/${encodeURIComponent(id)}/attempts`);
}
