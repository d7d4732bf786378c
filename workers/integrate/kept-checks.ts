/**
 * What checks have said of a plan's commits, by commit and command: of the one that it started from, so that it is asked once, and of
 * each merged one, so that whoever publishes the last of them knows. Written before the branch moves.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Verification } from "../../src/task/progress.ts";
import { verificationShape } from "../../src/task/task-shape.ts";
import { commandLine } from "../../src/text/shell-words.ts";
import { checkSha, planDir } from "../workspace/host-folders.ts";

export type CheckOf = { dataDir: string; plan: string; sha: string; command: readonly string[] };

function fileOf({ dataDir, plan, sha, command }: CheckOf): string {
  const name = createHash("sha256").update(commandLine(command)).digest("hex").slice(0, 16);
  return join(planDir(dataDir, plan), "checks", `${checkSha(sha)}-${name}.json`);
}

export function keepCheck(of: CheckOf, verification: Verification): void {
  const file = fileOf(of);
  mkdirSync(join(planDir(of.dataDir, of.plan), "checks"), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, JSON.stringify(verification), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Undefined where none was made, or a power failure cut off what it said. */
export const readCheck = (of: CheckOf): Verification | undefined => readFile(fileOf(of));

/** By whichever command; undefined where none was made. */
export function checkOfCommit({ dataDir, plan, sha }: Omit<CheckOf, "command">): Verification | undefined {
  const dir = join(planDir(dataDir, plan), "checks");
  const names = existsSync(dir) ? readdirSync(dir) : [];
  const name = names.find((each) => each.startsWith(checkSha(sha)) && each.endsWith(".json"));
  return name === undefined ? undefined : readFile(join(dir, name));
}

function readFile(file: string): Verification | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return verificationShape.parse(JSON.parse(readFileSync(file, "utf8"))) as Verification;
  } catch {
    return undefined;
  }
}
