/**
 * `.github/orch.yml`: what a repository may choose. It is read from the default branch only, so that a pull request
 * cannot change the rules it is judged by. A repository chooses among the operator's agents; it never defines one.
 */
import { parse } from "yaml";
import { z } from "zod";
import { inPlainWords } from "./plain-words.ts";
import { Refusal } from "./refusal.ts";

export const REPOSITORY_FILE = ".github/orch.yml";
export const REPOSITORY_FILE_MAX_BYTES = 64 * 1024;

const word = z
  .string()
  .max(1_000)
  .refine((text) => !text.includes("\0"), "must not contain a NUL character");

export const repositoryFileSchema = z.strictObject({
  agent: z.string().min(1).max(64).optional().describe("Name of one of the operator's agents."),
  verify: z
    .union([word.min(1), z.array(word).min(1).max(64)])
    .optional()
    .describe("Command that must succeed before work is published: a shell line, or a list of words."),
});

export type RepositoryFile = { agent?: string; verify?: readonly string[] };

/** Throws Refusal with a sentence for the person when the file is not usable. */
export function parseRepositoryFile(text: string | undefined): RepositoryFile {
  if (text === undefined) return {};
  const parsed = repositoryFileSchema.safeParse(parseYaml(text) ?? {}, { error: inPlainWords });
  if (!parsed.success) throw new Refusal(`\`${REPOSITORY_FILE}\` is not usable: ${z.prettifyError(parsed.error)}`);
  const { agent, verify } = parsed.data;
  return { agent, verify: typeof verify === "string" ? ["sh", "-c", verify] : verify };
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

/** The verify command as a person would type it. */
export function commandLine(command: readonly string[]): string {
  if (command[0] === "sh" && command[1] === "-c" && command.length === 3) return command[2] ?? "";
  return command.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(" ");
}
