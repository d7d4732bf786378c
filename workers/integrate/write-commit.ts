/**
 * Writes a commit as git does, as an object of its own in a repository that is thrown away. `git commit-tree` would cost a process for
 * each merge that is tried. The format is that of gitformat-pack(5) and git-commit-tree(1); a test holds ids and bytes against git's.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { constants, deflateSync } from "node:zlib";
import { checkSha } from "../workspace/host-folders.ts";

/** `date`: Unix time, seconds. */
export type NewCommit = { tree: string; parent: string; message: string; date: number };

const WHO = "Orch <orch@orch.invalid>";

/** Its id. `dir`: the repository. It is made anew as the bot's before anybody outside sees it. */
export function writeCommit(dir: string, commit: NewCommit): string {
  const body = Buffer.from(textOf(commit));
  const object = Buffer.concat([Buffer.from(`commit ${body.length}\0`), body]);
  const sha = createHash("sha1").update(object).digest("hex");
  const folder = join(dir, "objects", sha.slice(0, 2));
  const file = join(folder, sha.slice(2));
  if (existsSync(file)) return sha;
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, deflateSync(object, { level: constants.Z_BEST_SPEED }), { mode: 0o444, flag: "wx" });
  return sha;
}

function textOf({ tree, parent, message, date }: NewCommit): string {
  if (!Number.isSafeInteger(date) || date < 0) throw new Error(`Not a time of a commit: ${date}`);
  if (message.includes("\0")) throw new Error("A commit message with a NUL character cannot be kept.");
  const who = `${WHO} ${date} +0000`;
  return `tree ${checkSha(tree)}\nparent ${checkSha(parent)}\nauthor ${who}\ncommitter ${who}\n\n${message}`;
}
