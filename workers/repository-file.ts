/**
 * `.github/orch.yml`: what a repository may choose. It is read from the default branch only, so that a pull request
 * cannot change the rules it is judged by. A repository chooses among the operator's agents; it never defines one. It may
 * narrow what its work reaches; it never widens that.
 */
import { parse } from "yaml";
import { z } from "zod";
import { allowHostsSchema, HOST_ENTRIES } from "./network/allow.ts";
import { egressSchema, type HostPattern } from "./network/policy.ts";
import { inPlainWords } from "./plain-words.ts";
import { Refusal } from "./refusal.ts";

export const REPOSITORY_FILE = ".github/orch.yml";
export const REPOSITORY_FILE_MAX_BYTES = 64 * 1024;

const word = z
  .string()
  .max(1_000)
  .refine((text) => !text.includes("\0"), "must not contain a NUL character");

export const repositoryFileSchema = z
  .strictObject({
    agent: z.string().min(1).max(64).optional().describe("Name of one of the operator's agents."),
    verify: z
      .union([word.min(1), z.array(word).min(1).max(64)])
      .optional()
      .describe("Command that must succeed before work is published: a shell line, or a list of words."),
    egress: egressSchema
      .optional()
      .describe(
        "listed: its work reaches only what is allowed here, and never more than the operator lets it. open: no wish.",
      ),
    allow: allowHostsSchema
      .optional()
      .describe(`What its work may reach where egress is listed. An entry is ${HOST_ENTRIES}.`),
  })
  .refine(({ egress, allow }) => allow === undefined || egress === "listed", {
    path: ["allow"],
    error: "says what may be reached where nothing else may be. Add egress: listed, or remove it",
  });

/** `listed`: the hosts that its work may reach at most; where it is left out, the repository wishes nothing. JSON. */
export type RepositoryFile = { agent?: string; verify?: readonly string[]; listed?: HostPattern[] };

/** Throws Refusal with a sentence for the person when the file is not usable. */
export function parseRepositoryFile(text: string | undefined): RepositoryFile {
  if (text === undefined) return {};
  const parsed = repositoryFileSchema.safeParse(parseYaml(text) ?? {}, { error: inPlainWords });
  if (!parsed.success) throw new Refusal(`\`${REPOSITORY_FILE}\` is not usable: ${z.prettifyError(parsed.error)}`);
  const { agent, verify, egress, allow = [] } = parsed.data;
  return {
    agent,
    verify: typeof verify === "string" ? ["sh", "-c", verify] : verify,
    ...(egress === "listed" && { listed: allow }),
  };
}

function parseYaml(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0 }); // nothing in this file needs aliases, and they can be made to blow up
  } catch (error) {
    throw new Refusal(
      `\`${REPOSITORY_FILE}\` is not valid YAML: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
