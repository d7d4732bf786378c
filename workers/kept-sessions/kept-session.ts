/**
 * What a host keeps of an agent's session after its task, so that a later task can go on with it:
 * `<data>/host/sessions/<task>/`, which only the host can enter, with the session's files packed (`session.tar`) and what
 * the host knows of it (`session.json`). The files are an agent's, so the host itself never looks into the pack.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { AgentDefinition } from "../agents/adapter.ts";
import { adapterFor } from "../agents/adapters.ts";
import { agentKinds } from "../agents/kinds.ts";
import { usageTotalsSchema } from "../agents/usage.ts";
import type { SandboxDriver } from "../sandbox/sandbox.ts";
import { checkTaskId } from "../workspace/host-folders.ts";

/** An agent says its session's id itself, and the next start has it among its arguments: it must not look like an option. */
export const sessionIdSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$/);

/** Loose: what a newer Orch has noted down does no harm. */
const schema = z.looseObject({
  /** As the operator's file named it, and how it was driven. */
  agent: z.string(),
  kind: z.enum(agentKinds),
  repositoryId: z.number(),
  sessionId: sessionIdSchema,
  /** The path of the folder that the agent worked in, as it saw that. */
  treeDir: z.string(),
  /** Of the pack. */
  bytes: z.number(),
  /** The session is larger than what is kept: there is no pack. */
  tooLarge: z.boolean().optional(),
  /** All that the session has used, by the agent's own word. */
  used: usageTotalsSchema.optional(),
  /** Unix ms. */
  savedAt: z.number(),
});

export type SessionRecord = Pick<
  z.infer<typeof schema>,
  "agent" | "kind" | "repositoryId" | "sessionId" | "treeDir" | "bytes" | "tooLarge" | "used" | "savedAt"
>;

/** Below the host's data. */
export const folderOf = (taskId: string): string => join("host", "sessions", taskId);

export const sessionsDir = (dataDir: string): string => join(dataDir, folderOf(""));

export type KeptSession = {
  /** Where the pack is; `draft`: where one is made. */
  pack: string;
  draft: string;
  /** Undefined when there is none, or none that can be read: both mean that there is no session. */
  read(): SessionRecord | undefined;
  /** Makes the folder, without what an earlier run of the task has left in it. */
  clear(): Promise<void>;
  /** From now on it can be taken. `record.tooLarge`: as what it is. */
  write(record: SessionRecord): void;
};

/** @throws when the id is not one of a task */
export function keptSession(dataDir: string, taskId: string): KeptSession {
  const dir = join(sessionsDir(dataDir), checkTaskId(taskId));
  const [pack, file] = [join(dir, "session.tar"), join(dir, "session.json")];
  const draft = `${pack}.new`;
  return {
    pack,
    draft,
    read: () => readRecord(file),
    async clear() {
      await rm(dir, { recursive: true, force: true });
      mkdirSync(dir, { recursive: true, mode: 0o700 });
    },
    write(record) {
      if (record.tooLarge) rmSync(draft, { force: true });
      else renameSync(draft, pack);
      writeFileSync(`${file}.new`, JSON.stringify(record), { mode: 0o600 });
      renameSync(`${file}.new`, file);
    },
  };
}

function readRecord(file: string): SessionRecord | undefined {
  try {
    return schema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined; // none was kept, it is cleared, or a power failure cut it off
  }
}

/** Whether a later task on this host can go on with a session of this agent. */
export function canGoOn(agent: AgentDefinition, { workspaceAt }: Pick<SandboxDriver, "workspaceAt">): boolean {
  const { sessionPaths, sessionNeedsPath } = adapterFor(agent.kind);
  return sessionPaths(agent).length > 0 && (!sessionNeedsPath || workspaceAt !== undefined);
}
