/**
 * What a host remembers of a run on disk, so that its next life can take the run up where it stands. Written with a
 * rename after every change of plan; the steps' own files say the rest.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { egressSchema, hostPatternSchema } from "../../src/reach/reach.ts";
import { DEADLINES } from "../../src/task/task.ts";
import { blockedSchema } from "../network/network.ts";

const stepSchema = z.object({
  /** `agent-1`, `verify-1`, `agent-2` … */
  name: z.string(),
  kind: z.enum(["agent", "verify"]),
  /** Unix ms. */
  startedAt: z.number(),
  /** Of an agent's step: its commits, as they stood when it had ended; their objects are in the run's quarantine. */
  collected: z.object({ tip: z.string(), commits: z.number() }).optional(),
  /** The deadline for which it is, or was, stopped. */
  missed: z.object({ deadline: z.enum(DEADLINES), afterMs: z.number() }).optional(),
  /** It was lost and has been started again; that happens once. */
  again: z.boolean().optional(),
  /** How it was let out to the network, and what came of that. */
  network: z
    .object({ egress: egressSchema, bytes: z.number(), blocked: z.number(), places: z.array(blockedSchema) })
    .optional(),
});

const runRecordSchema = z.object({
  taskId: z.string(),
  /** The epoch this run has now; a host that lost and regained the lock goes on under a new one. */
  epoch: z.number(),
  jobId: z.string(),
  slot: z.number(),
  startedAt: z.number(),
  /** Set when the workspace stands and the prompt is written. */
  prepared: z
    .object({
      agent: z.string(),
      branch: z.string(),
      base: z.string(),
      baseSha: z.string(),
      verify: z.array(z.string()).optional(),
      /** The hosts that the repository lets its work reach at most. */
      listed: z.array(hostPatternSchema).optional(),
      /** UUID that the agent's session was started with. */
      sessionId: z.string(),
      cloneUrl: z.string(),
      repositoryId: z.number(),
    })
    .optional(),
  steps: z.array(stepSchema),
});

export type RunRecord = z.output<typeof runRecordSchema>;
export type StepRecord = z.output<typeof stepSchema>;
export type Prepared = NonNullable<RunRecord["prepared"]>;

/** A run's folder on this host. `clear`: forgets every step and all that there is but the record, for fresh ground. */
export type RunFolder = { dir: string; record: RunRecord; save(): void; clear(): void; remove(): void };

export function createRunFolder(runsDir: string, record: RunRecord): RunFolder {
  const dir = join(runsDir, `${record.taskId}-${record.epoch}`);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const folder = open(dir, record);
  folder.save();
  return folder;
}

/** Every run folder with a readable record. Others are left alone and named in `unreadable`. */
export function readRunFolders(runsDir: string): { folders: RunFolder[]; unreadable: string[] } {
  const folders: RunFolder[] = [];
  const unreadable: string[] = [];
  for (const name of existsSync(runsDir) ? readdirSync(runsDir) : []) {
    const dir = join(runsDir, name);
    const record = readRecord(dir);
    if (record) folders.push(open(dir, record));
    else unreadable.push(dir);
  }
  return { folders, unreadable };
}

function readRecord(dir: string): RunRecord | undefined {
  try {
    return runRecordSchema.parse(JSON.parse(readFileSync(join(dir, "run.json"), "utf8")));
  } catch {
    return undefined; // a crash between mkdir and the first rename: the caller says which folder it was
  }
}

function open(dir: string, record: RunRecord): RunFolder {
  const path = join(dir, "run.json");
  const save = () => {
    writeFileSync(`${path}.new`, JSON.stringify(record, undefined, 2), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  };
  return {
    dir,
    record,
    save,
    clear() {
      for (const name of readdirSync(dir))
        if (name !== "run.json") rmSync(join(dir, name), { recursive: true, force: true });
      record.steps = [];
      save();
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
