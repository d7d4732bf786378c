/**
 * Sends spans to a collector, by OTLP over HTTP as JSON: one POST, no SDK. What a collector does not take is not sent again, and harms
 * nothing.
 */
import type { Span } from "./spans.ts";

export type Collector = {
  /** Where `/v1/traces` is. */
  endpoint: string;
  headers: Record<string, string>;
};

const WITHIN_MS = 10_000;
/** Of OTLP's kinds of spans. */
const KINDS = { internal: 1, producer: 4, consumer: 5 };
/** Of OTLP's status: unset, error. */
const [UNSET, ERROR] = [0, 2];

/** Throws when the collector does not take them. */
export async function exportSpans(
  { endpoint, headers }: Collector,
  spans: readonly Span[],
  version: string,
): Promise<void> {
  const answer = await fetch(`${endpoint.replace(/\/+$/, "")}/v1/traces`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(requestOf(spans, version)),
    signal: AbortSignal.timeout(WITHIN_MS),
    redirect: "error", // the headers may hold a key
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`the collector answers ${answer.status}`);
}

function requestOf(spans: readonly Span[], version: string): object {
  const resource = { "service.name": "orch", "service.version": version };
  return {
    resourceSpans: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeSpans: [{ scope: { name: "orch", version }, spans: spans.map(spanOf) }],
      },
    ],
  };
}

function spanOf({ traceId, spanId, parentSpanId, name, kind, start, end, attributes, failed }: Span): object {
  const nanos = (ms: number) => String(BigInt(Math.round(ms)) * 1_000_000n);
  return {
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    name,
    kind: KINDS[kind ?? "internal"],
    startTimeUnixNano: nanos(start),
    endTimeUnixNano: nanos(end),
    attributes: attributesOf(attributes),
    status: { code: failed ? ERROR : UNSET },
  };
}

function attributesOf(attributes: Record<string, string | number>): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: typed(value) }));
}

function typed(value: string | number): object {
  if (typeof value === "string") return { stringValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
