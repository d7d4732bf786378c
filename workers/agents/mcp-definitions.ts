/** The `mcp:` section of an agent in the operator's file: the MCP servers that its CLI is given beside Orch's own. */
import { z } from "zod";
import { OWN_SERVER } from "./mcp.ts";
import { envName, envProblem, passedName, plainText, program, readablePath } from "./program-fields.ts";

/** More tools than so many servers offer leave a model no room for its work. */
const MAX_SERVERS = 20;

/** No underscore: CLIs join it with the tool's name by one, and take it apart again. */
const serverName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, "an MCP server's name is 1 to 32 of a-z, 0-9 and -, starting with a letter")
  .refine((name) => name !== OWN_SERVER, `${OWN_SERVER} is the name of Orch's own server; choose another one`);

const serverSchema = z
  .strictObject({
    command: z.tuple([program], plainText).describe("the program and its arguments; no shell"),
    env: z.record(envName, plainText).default({}).describe("settings; `$NAME` takes the host's value of NAME"),
    passEnv: z.array(passedName).max(100).default([]).describe("variables taken over from the host"),
    readable: z
      .array(readablePath)
      .max(100)
      .default([])
      .describe("extra paths that the agent's sandbox shows, read-only"),
  })
  .superRefine(({ env }, context) => {
    for (const [name, value] of Object.entries(env)) {
      const message = envProblem(name, value);
      if (message) context.addIssue({ code: "custom", path: ["env", name], message });
    }
  })
  .transform(({ command, ...rest }) => ({ command: [...command], ...rest }));

export const mcpSchema = z
  .record(serverName, serverSchema)
  .refine((servers) => Object.keys(servers).length <= MAX_SERVERS, `at most ${MAX_SERVERS} MCP servers`);
