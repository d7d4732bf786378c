/** The secrets that a process has by its settings and its data folder, so that none of them leaves it in a bundle. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Env } from "../config.ts";
import { dataDirOf } from "../data-dir.ts";
import { headersIn } from "../settings/traces.ts";
import { MIN_SECRET_LENGTH, printedForms } from "../text/known-secrets.ts";
import { isSecret } from "../text/secret-patterns.ts";

/** In every form in which they may be printed, the longest first. `more`: others that are known. */
export function secretsOf(env: Env, more: readonly (string | undefined)[] = []): string[] {
  const named = Object.entries(env).flatMap(([name, value]) => (value && isSecret(name, value) ? [value] : []));
  const password = /:\/\/[^:@/]*:([^@/]+)@/.exec(env.REDIS_URL ?? "")?.[1];
  const key = env.PRIVATE_KEY_PATH ? [textOf(env.PRIVATE_KEY_PATH)] : [];
  const decoded = env.PRIVATE_KEY
    ? [Buffer.from(env.PRIVATE_KEY, "base64").toString(), env.PRIVATE_KEY.replaceAll("\\n", "\n")]
    : [];
  const files = [textOf(join(dataDirOf(env), "worker-secret")), ...key];
  const { OTEL_EXPORTER_OTLP_HEADERS: headers } = env;
  const ofTraces = [headers, ...Object.values(headersIn(headers))];
  const all = [...named, password, ...files, ...decoded, ...ofTraces, ...more];
  return printedForms(all.flatMap((value) => (value && value.length >= MIN_SECRET_LENGTH ? [value.trim()] : [])));
}

/** One that is not there, or not to be read by this user, can stand in nothing that the user can read. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
