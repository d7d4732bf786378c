/**
 * The `agents:` section of the operator's file: which programs may be given a task, and all that each may see of this
 * host. Strict: an unknown key, a secret written into the file or a program taken from a repository is an error with
 * its next step. There is no built-in agent: an operator says what runs on the operator's machine.
 */
import { posix } from "node:path";
import { z } from "zod";
import { egressSchema } from "../../src/reach/reach-shape.ts";
import { allowSchema } from "../../src/reach/read-allow.ts";
import { isSecret } from "../../src/text/secret-patterns.ts";
import { isInWorkspace, isLoaderVariable, isReservedPath } from "../sandbox/confinement.ts";
import type { AgentDefinition } from "./adapter.ts";
import { referredName } from "./environment.ts";
import { agentKinds } from "./kinds.ts";
import { takesModel } from "./model.ts";

const agentName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, "an agent's name is 1 to 32 of a-z, 0-9 and -, starting with a letter");

const envName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "not a name of an environment variable");

const plainText = z
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

/** Why no agent may be given a variable of this name. */
function nameProblem(name: string): string | undefined {
  if (withheld.has(name)) return withheldMessage(name);
  if (!isLoaderVariable(name)) return undefined;
  return `${name} would also work on the programs that build the sandbox. Set it inside the agent's command: [env, ${name}=..., program]`;
}

const passedName = envName.superRefine((name, context) => {
  const message = nameProblem(name);
  if (message) context.addIssue({ code: "custom", message });
});

const program = plainText.min(1).refine((file) => !file.includes("/") || posix.isAbsolute(file), {
  message: "a relative path would run a program out of the repository; write a bare name or an absolute path",
});

const readablePath = plainText
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

const sessionPath = plainText
  .min(1)
  .max(255)
  .refine(
    (path) => posix.normalize(path) === path && !posix.isAbsolute(path) && !/^\.\.?(\/|$)|\/$/.test(path),
    "must be a path below the agent's home, without . and .. and without a slash at its end: .myagent/sessions",
  );

const definitionSchema = z
  .strictObject({
    kind: z.enum(agentKinds),
    command: z.tuple([program], plainText).describe("the program and its first arguments; no shell"),
    model: z.string().min(1).max(200).optional().describe("only for kinds that know models: gemini, claude"),
    env: z.record(envName, plainText).default({}).describe("settings; `$NAME` takes the host's value of NAME"),
    passEnv: z.array(passedName).max(100).default([]).describe("variables taken over from the host"),
    readable: z.array(readablePath).max(100).default([]).describe("extra paths that the sandbox shows, read-only"),
    sessionPaths: z
      .array(sessionPath)
      .max(20)
      .optional()
      .describe("only for kind jsonl: where below its home it keeps its sessions, for later tasks to go on with"),
    egress: egressSchema.optional().describe("what it may reach, in place of the file's own egress"),
    allow: allowSchema.optional().describe("what it may reach beside the file's own allow and its model"),
  })
  .superRefine(({ kind, model, env, sessionPaths }, context) => {
    if (sessionPaths !== undefined && kind !== "jsonl") {
      const message = `is only for kind jsonl; where an agent of kind ${kind} keeps its sessions, if it can, is known`;
      context.addIssue({ code: "custom", path: ["sessionPaths"], message });
    }
    if (model !== undefined && !takesModel(kind)) {
      const message = `kind ${kind} knows no models; put the model into the command`;
      context.addIssue({ code: "custom", path: ["model"], message });
    }
    for (const [name, value] of Object.entries(env)) {
      const message = nameProblem(name) ?? secretProblem(name, value);
      if (message) context.addIssue({ code: "custom", path: ["env", name], message });
    }
  });

/** name -> definition, as written; at least one. */
export const agentsSchema = z
  .record(agentName, definitionSchema)
  .refine((agents) => Object.keys(agents).length > 0, "name at least one agent");

/** The parsed section as definitions, by name. */
export function agentDefinitions(agents: z.infer<typeof agentsSchema>): ReadonlyMap<string, AgentDefinition> {
  return new Map(
    Object.entries(agents).map(([name, written]) => [name, { name, ...written, command: [...written.command] }]),
  );
}
