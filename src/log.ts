/** The log of every program: one JSON line per fact on stdout, with tokens blanked where requests and errors carry them. */
import { type DestinationStream, type Logger, pino, stdSerializers } from "pino";
import type { LogLevel } from "./settings/environment.ts";
import { traceIdOf } from "./task/trace.ts";

export type { Logger } from "pino";

const BLANK = "***";

/**
 * What blanks tokens: each sees only what is logged under its name. pino's `redact` copies every logged object for the same,
 * which costs twice as much as the rest of a line.
 */
const serializers = {
  err: withoutToken,
  error: withoutToken,
  request: withBlankHeaders,
  headers: withBlankToken,
  token: () => BLANK,
};

function withoutToken(error: unknown): unknown {
  const told = blanked(error);
  if (typeof told !== "object" || told === null) return told;
  return { ...told, ...each(told, "previousErrors"), ...each(told, "aggregateErrors") };
}

/** Errors that an error carries; what these carry is left out: a transaction that Redis refuses stands among its own errors. */
function each(told: object, name: "previousErrors" | "aggregateErrors"): object {
  const errors = name in told ? (told as Record<string, unknown>)[name] : undefined;
  if (!Array.isArray(errors)) return {};
  const inner = errors.map((error: unknown) => {
    const blank = blanked(error);
    if (typeof blank !== "object" || blank === null) return blank;
    return { ...blank, previousErrors: undefined, aggregateErrors: undefined };
  });
  return { [name]: inner };
}

/** An error of Octokit carries its request, one of Redis all that it was told: passwords, records, what people wrote. */
function blanked(error: unknown): unknown {
  const told = error instanceof Error ? stdSerializers.err(error) : error;
  if (typeof told !== "object" || told === null) return told;
  return {
    ...told,
    ...("request" in told && { request: withBlankHeaders(told.request) }),
    ...("command" in told && { command: nameOnly(told.command) }),
  };
}

function nameOnly(command: unknown): unknown {
  return typeof command === "object" && command !== null && "name" in command ? { name: command.name } : command;
}

function withBlankHeaders(request: unknown): unknown {
  if (typeof request !== "object" || request === null || !("headers" in request)) return request;
  return { ...request, headers: withBlankToken(request.headers) };
}

function withBlankToken(headers: unknown): unknown {
  if (typeof headers !== "object" || headers === null || !("authorization" in headers)) return headers;
  return { ...headers, authorization: BLANK };
}

export function makeLog(level: LogLevel, program = "bot"): Logger {
  const stdout = atOnce(pino.destination({ sync: true }));
  // Also when the process ends by an error that nobody caught.
  process.once("exit", stdout.flush);
  return pino({ level, base: { program }, serializers, formatters: { log: withTrace } }, stdout);
}

/** What is said of a task is found by its trace as well, which its id says. The logger of a run has said both once for all its lines. */
const withTrace = (told: Record<string, unknown>): Record<string, unknown> =>
  typeof told.task === "string" && told.trace_id === undefined ? { ...told, trace_id: traceIdOf(told.task) } : told;

/**
 * What is logged in one turn of the event loop is written at its end, in one go: a write costs more than everything else of a
 * line (measured at the ingress under load: 5 of 80 µs a delivery). Only what kills the process in the middle of a turn takes
 * lines along.
 */
export function atOnce(out: DestinationStream): DestinationStream & { flush(): void } {
  let lines = "";
  const flush = () => {
    if (lines === "") return;
    const written = lines;
    lines = "";
    out.write(written);
  };
  const write = (line: string) => {
    if (lines === "") setImmediate(flush);
    lines += line;
  };
  return { write, flush };
}
