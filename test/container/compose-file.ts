/**
 * compose.yaml as data, as `docker compose` reads it: variables filled in, every key of a service understood. A key that is not
 * known here is an error: what this file passes over would be tested nowhere.
 */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";

const test = z.union([
  z.object({ disable: z.literal(true) }),
  z.object({ test: z.string(), interval: z.string(), timeout: z.string() }),
]);

const service = z.strictObject({
  image: z.string(),
  build: z.string().optional(),
  command: z.string().optional(),
  env_file: z.string().optional(),
  environment: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
  volumes: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  healthcheck: test.optional(),
  stop_signal: z.string().default("SIGTERM"),
  stop_grace_period: z.string().optional(),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.literal("service_healthy") })).default({}),
  restart: z.literal("unless-stopped"),
});

const file = z.strictObject({
  name: z.string(),
  services: z.record(z.string(), service),
  volumes: z.record(z.string(), z.null()),
});

export type Service = Omit<z.output<typeof service>, "environment" | "volumes" | "command"> & {
  environment: Record<string, string>;
  volumes: Volume[];
  command: string[] | undefined;
};

/** `source`: the name of a volume, or a path of this machine. */
export type Volume = { source: string; target: string; readonly: boolean };

/** `env`: what stands in `.env`. */
export function readCompose(
  env: Record<string, string>,
  text = readFileSync("compose.yaml", "utf8"),
): Map<string, Service> {
  const { services, volumes: named } = file.parse(parse(text, { schema: "core" }));
  return new Map(
    Object.entries(services).map(([name, found]) => {
      const fill = (value: string | number) => fillIn(String(value), env);
      const own = Object.entries(found.environment).map(([key, value]) => [key, fill(value)]);
      const volumes = found.volumes.map((line) => readVolume(fill(line)));
      for (const { source } of volumes) {
        if (!source.startsWith("/") && !(source in named)) throw new Error(`${name}: there is no volume ${source}`);
      }
      return [
        name,
        {
          ...found,
          // What is given one by one goes before the file.
          environment: { ...(found.env_file === ".env" ? env : {}), ...Object.fromEntries(own) },
          volumes,
          command: found.command === undefined ? undefined : words(found.command),
        },
      ];
    }),
  );
}

function fillIn(text: string, env: Record<string, string>): string {
  return text.replaceAll(/\$\{(\w+)(?::([-?+])([^}]*))?\}/g, (_, name: string, kind?: string, rest = "") => {
    const value = env[name];
    if (kind === "+") return value ? rest : "";
    if (value) return value;
    if (kind === "?") throw new Error(rest);
    return kind === "-" ? rest : "";
  });
}

function readVolume(line: string): Volume {
  const [source, target, mode, ...more] = line.split(":");
  if (!source || !target?.startsWith("/") || more.length > 0 || (mode !== undefined && mode !== "ro")) {
    throw new Error(`a volume that is not understood: ${line}`);
  }
  return { source, target, readonly: mode === "ro" };
}

/** As a shell splits it, where nothing is quoted. */
export function words(command: string): string[] {
  if (/["'\\$]/.test(command)) throw new Error(`a command with quotes is not understood: ${command}`);
  return command.trim().split(/\s+/);
}
