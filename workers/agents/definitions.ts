/**
 * The `agents:` section of the operator's file: which programs may be given a task, and all that each may see of this
 * host. Strict: an unknown key, a secret written into the file or a program taken from a repository is an error with
 * its next step. There is no built-in agent: an operator says what runs on the operator's machine.
 */
import { posix } from "node:path";
import { z } from "zod";
import { egressSchema } from "../../src/reach/reach-shape.ts";
import { allowSchema } from "../../src/reach/read-allow.ts";
import { resourcesSchema } from "../../src/settings/resources.ts";
import type { AgentDefinition } from "./adapter.ts";
import { agentKinds } from "./kinds.ts";
import { takesMcp } from "./mcp.ts";
import { mcpSchema } from "./mcp-definitions.ts";
import { takesModel } from "./model.ts";
import { envName, envProblem, passedName, plainText, program, readablePath } from "./program-fields.ts";

const agentName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, "an agent's name is 1 to 32 of a-z, 0-9 and -, starting with a letter");

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
    mcp: mcpSchema.optional().describe("MCP servers that its CLI starts, by name; only for kinds claude and gemini"),
    price: z
      .strictObject({
        input: z.number().nonnegative().max(10_000).describe("US dollars for a million tokens read"),
        output: z.number().nonnegative().max(10_000).describe("US dollars for a million tokens written"),
        cached: z
          .number()
          .nonnegative()
          .max(10_000)
          .optional()
          .describe("US dollars for a million tokens read from a cache; default: as input"),
      })
      .optional()
      .describe("what its model costs, for budgets in dollars, where its program does not state the cost"),
    limits: resourcesSchema
      .optional()
      .describe("what a run of it may use of the machine, where that is less than limits"),
    egress: egressSchema.optional().describe("what it may reach, in place of the file's own egress"),
    allow: allowSchema.optional().describe("what it may reach beside the file's own allow and its model"),
  })
  .superRefine(({ kind, model, env, sessionPaths, mcp }, context) => {
    if (sessionPaths !== undefined && kind !== "jsonl") {
      const message = `is only for kind jsonl; where an agent of kind ${kind} keeps its sessions, if it can, is known`;
      context.addIssue({ code: "custom", path: ["sessionPaths"], message });
    }
    if (mcp !== undefined && !takesMcp(kind)) {
      const message = `kind ${kind} is not told of MCP servers; give them to the program itself`;
      context.addIssue({ code: "custom", path: ["mcp"], message });
    }
    if (model !== undefined && !takesModel(kind)) {
      const message = `kind ${kind} knows no models; put the model into the command`;
      context.addIssue({ code: "custom", path: ["model"], message });
    }
    for (const [name, value] of Object.entries(env)) {
      const message = envProblem(name, value);
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
