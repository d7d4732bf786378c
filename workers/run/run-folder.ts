/**
 * A run's folder on its host: its record, and the files of its steps. The record is written with a rename, so that whoever dies while
 * writing leaves the one before.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type Doubt, FORMAT, type Reading } from "../../src/task/record.ts";
import { judgeRunRecord, type RunRecord } from "./run-record.ts";

/** A run's folder on this host. `clear`: forgets every step and all that there is but the record and the deed, for fresh ground. */
export type RunFolder = { dir: string; record: RunRecord; save(): void; clear(): void; remove(): void };

export function createRunFolder(runsDir: string, record: RunRecord): RunFolder {
  const dir = join(runsDir, `${record.taskId}-${record.epoch}`);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const folder = open(dir, record);
  folder.save();
  return folder;
}

/** A run folder whose record is in doubt. `absent`: a crash between making the folder and writing the record. */
export type FolderInDoubt = { dir: string; doubt: Doubt };

/** Every run folder: those whose record is known, and the others, which are left alone. */
export function readRunFolders(runsDir: string): { folders: RunFolder[]; inDoubt: FolderInDoubt[] } {
  const folders: RunFolder[] = [];
  const inDoubt: FolderInDoubt[] = [];
  for (const name of existsSync(runsDir) ? readdirSync(runsDir) : []) {
    const dir = join(runsDir, name);
    const reading = readRecord(dir);
    if (reading.kind === "known") folders.push(open(dir, reading.record));
    else inDoubt.push({ dir, doubt: reading.kind });
  }
  return { folders, inDoubt };
}

/** Undefined when its record is in doubt. */
export function readRunFolder(dir: string): RunFolder | undefined {
  const reading = readRecord(dir);
  return reading.kind === "known" ? open(dir, reading.record) : undefined;
}

/** What the name of a run's folder says. */
export function runOfDir(dir: string): { taskId: string; epoch: number } | undefined {
  const [, taskId, epoch] = /^(t[a-z2-7]{15})-(\d+)$/.exec(basename(dir)) ?? [];
  return taskId ? { taskId, epoch: Number(epoch) } : undefined;
}

function readRecord(dir: string): Reading<RunRecord> {
  const path = join(dir, "run.json");
  if (!existsSync(path)) return { kind: "absent" };
  return judgeRunRecord(() => JSON.parse(readFileSync(path, "utf8")));
}

function open(dir: string, record: RunRecord): RunFolder {
  const path = join(dir, "run.json");
  const save = () => {
    writeFileSync(`${path}.new`, JSON.stringify({ ...record, format: FORMAT }, undefined, 2), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  };
  return {
    dir,
    record,
    save,
    clear() {
      for (const name of readdirSync(dir))
        if (name !== "run.json" && name !== "deed") rmSync(join(dir, name), { recursive: true, force: true });
      const hasWorked = record.steps.some(({ kind, counted }) => kind === "agent" && !counted);
      if (record.budget && hasWorked)
        record.budget = { ...record.budget, forgotten: true, lastTurn: undefined, lastShare: undefined };
      record.steps = [];
      record.asked = undefined;
      record.findings = undefined;
      record.reminded = undefined;
      save();
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
