/**
 * What the operator's file says of a program that runs in an agent's sandbox, be it the agent or one of its MCP servers: its command, its
 * variables, its paths. Whatever would give it Orch's own rights, or a secret that stands in the file, is refused with the next step.
 */
import { posix } from "node:path";
import { z } from "zod";
import { isSecret } from "../../src/text/secret-patterns.ts";
import { isInWorkspace, isLoaderVariable, isReservedPath } from "../sandbox/confinement.ts";
import { referredName } from "./environment.ts";

export const envName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "not a name of an environment variable");

export const plainText = z
  .string()
  .max(4_096)
  .refine((value) => !value.includes("\0"), "must not contain a NUL character");

/** What the agent must never hold: Orch's own secrets and any way to act on GitHub. */
const withheld = new Set([
  "APP_ID",
  "PRIVATE_KEY",
  "PRIVATE_KEY_PATH",
  "WEBHOOK_SECRET",
  "WORKER_SECRET",
  "REDIS_URL",
  "GITHUB_TOKEN",
  "GH_TOKEN",
]);
const withheldMessage = (name: string) =>
  `${name} is withheld from agents, which could act as Orch or on GitHub with it. Remove it; Orch publishes the work`;

/** The file is read by people, copied and committed; a secret belongs into the host's environment. */
function secretProblem(name: string, value: string): string | undefined {
  const referred = referredName(value);
  if (referred !== undefined) return withheld.has(referred) ? withheldMessage(referred) : undefined;
  if (!isSecret(name, value)) return undefined;
  return (
    "looks like a secret, and this file is no place for one. Set it in the host's environment and name it under " +
    `passEnv: [${name}], or write "$NAME" here to take the value of the host's variable NAME`
  );
}

/** Why no program of an agent's may be given a variable of this name. */
function nameProblem(name: string): string | undefined {
  if (withheld.has(name)) return withheldMessage(name);
  if (!isLoaderVariable(name)) return undefined;
  return `${name} would also work on the programs that build the sandbox. Set it inside the agent's command: [env, ${name}=..., program]`;
}

export const passedName = envName.superRefine((name, context) => {
  const message = nameProblem(name);
  if (message) context.addIssue({ code: "custom", message });
});

export const program = plainText.min(1).refine((file) => !file.includes("/") || posix.isAbsolute(file), {
  message: "a relative path would run a program out of the repository; write a bare name or an absolute path",
});

export const readablePath = plainText
  .refine(
    (path) =>
      posix.isAbsolute(path) &&
      posix.normalize(path) === path &&
      !path.endsWith("/") &&
      !["proc", "sys", "dev"].includes(path.split("/")[1] ?? ""),
    "must be an absolute path without . and .. and without a slash at its end; not /, nor below /proc, /sys or /dev",
  )
  .refine((path) => !isReservedPath(path), {
    error: ({ input }) =>
      isInWorkspace(String(input))
        ? `${input} is where the sandbox shows the task's own folder; what agents are to read must lie elsewhere`
        : `${input} is the sandbox's own, which shows all of /usr anyway; name what is needed below it`,
  });

/** Why a variable may not be set as it is written; undefined where it may. */
export const envProblem = (name: string, value: string): string | undefined =>
  nameProblem(name) ?? secretProblem(name, value);
