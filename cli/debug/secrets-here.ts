/** Every secret that this machine is known to have, so that none of them leaves it in a bundle: those of the settings, of agents, of files. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Env, headersIn } from "../../src/config.ts";
import { dataDirOf } from "../../src/data-dir.ts";
import { MIN_SECRET_LENGTH, printedForms } from "../../src/text/known-secrets.ts";
import { isSecret } from "../../src/text/secret-patterns.ts";
import { type OperatorFile, readOperatorFile } from "../../workers/operator-file.ts";

/** In every form in which they may be printed, the longest first. */
export function secretsHere(env: Env): string[] {
  const named = Object.entries(env).flatMap(([name, value]) => (value && isSecret(name, value) ? [value] : []));
  const password = /:\/\/[^:@/]*:([^@/]+)@/.exec(env.REDIS_URL ?? "")?.[1];
  const key = env.PRIVATE_KEY_PATH ? [textOf(env.PRIVATE_KEY_PATH)] : [];
  const decoded = env.PRIVATE_KEY
    ? [Buffer.from(env.PRIVATE_KEY, "base64").toString(), env.PRIVATE_KEY.replaceAll("\\n", "\n")]
    : [];
  const files = [textOf(join(dataDirOf(env), "worker-secret")), ...key];
  const { OTEL_EXPORTER_OTLP_HEADERS: headers } = env;
  const all = [
    ...named,
    password,
    ...files,
    ...decoded,
    headers,
    ...Object.values(headersIn(headers)),
    ...agentsOwn(env),
  ];
  return printedForms(all.flatMap((value) => (value && value.length >= MIN_SECRET_LENGTH ? [value.trim()] : [])));
}

/** What agents are given, whatever it is called: its name may say nothing. */
function agentsOwn(env: Env): (string | undefined)[] {
  const agents = [...(operatorOf(env)?.agents.values() ?? [])];
  return agents.flatMap(({ env: given, passEnv }) => [
    ...Object.values(given).map((value) => (value.startsWith("$") ? env[value.slice(1)] : undefined)),
    ...Object.entries(given).map(([name, value]) => (isSecret(name, value) ? value : undefined)),
    ...passEnv.map((name) => env[name]),
  ]);
}

/** Whether the file can be used is for `orch doctor` to say. */
function operatorOf(env: Env): OperatorFile | undefined {
  try {
    return readOperatorFile(env.ORCH_CONFIG);
  } catch {
    return undefined;
  }
}

/** One that is not there, or not to be read by this user, can stand in nothing that the user can read. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
