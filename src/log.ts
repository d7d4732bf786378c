/** The log of every program: one JSON line per fact on stdout, secrets blanked whoever logs them. */
import { type Logger, pino } from "pino";
import type { LogLevel } from "./settings/environment.ts";

export type { Logger } from "pino";

const SECRET_PATHS = [
  "err.request.headers.authorization",
  "error.request.headers.authorization",
  "request.headers.authorization",
  "headers.authorization",
  "token",
];

export function makeLog(level: LogLevel, program = "bot"): Logger {
  return pino({ level, base: { program }, redact: { paths: SECRET_PATHS, censor: "***" } });
}
