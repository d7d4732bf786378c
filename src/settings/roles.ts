/**
 * The `roles` section of `.github/orch.yml`: what a repository makes of the operator's roles. It adds to what a role is told, chooses another
 * of the operator's agents for it, or switches it off. What a role may do is the operator's alone to say.
 */
import { z } from "zod";

/** The name of a role, wherever one is written. */
export const roleName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, "a role's name is 1 to 32 of a-z, 0-9 and -, starting with a letter");

/** Of what a role is told, in characters. */
const MAX_ROLE_PROMPT = 3_000;

export const rolePrompt = z
  .string()
  .trim()
  .min(1)
  .max(MAX_ROLE_PROMPT)
  .refine((text) => !text.includes("\0"), "must not contain a NUL character");

/** Some editors take it for `false`, by an older version of YAML. */
export const switchedOff = z.union([z.literal("off"), z.literal(false)]);

const repositoryRole = z.strictObject({
  agent: z.string().min(1).max(64).optional().describe("Name of one of the operator's agents, in place of the role's."),
  prompt: rolePrompt.optional().describe("What the role is told in this repository besides."),
});

export const repositoryRolesSchema = z.record(roleName, z.union([switchedOff, repositoryRole]));

export type RepositoryRole = { off?: true; agent?: string; prompt?: string };
/** By name. */
export type RepositoryRoles = Readonly<Record<string, RepositoryRole>>;

export function rolesOfRepository(written: z.output<typeof repositoryRolesSchema>): RepositoryRoles {
  const entries = Object.entries(written).map(([name, role]): [string, RepositoryRole] => {
    if (typeof role !== "object") return [name, { off: true }];
    const { agent, prompt } = role;
    return [name, { ...(agent !== undefined && { agent }), ...(prompt !== undefined && { prompt }) }];
  });
  return Object.fromEntries(entries);
}
