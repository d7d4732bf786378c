/** The collector of traces, as OpenTelemetry's own settings name it. */
import type { BotSettings } from "./environment.ts";

/** `headers`: what is sent along with each request. */
export type TracesConfig = { endpoint: string; headers: Record<string, string> };

export function tracesOf(settings: BotSettings): { traces?: TracesConfig } {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: text } = settings;
  return endpoint === undefined ? {} : { traces: { endpoint, headers: headersIn(text) } };
}

/** Of `OTEL_EXPORTER_OTLP_HEADERS`, by their names. Values are percent-encoded there, as OpenTelemetry has it; one that is not is taken as it stands. */
export function headersIn(text: string | undefined): Record<string, string> {
  const headers = (text?.split(",") ?? []).map((header) => {
    const [name = "", ...value] = header.trim().split("=");
    return [name, decoded(value.join("="))];
  });
  return Object.fromEntries(headers);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
