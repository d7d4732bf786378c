/**
 * Bare repositories on disk: making, forking, refs, and commits made without a work tree.
 */
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Account } from "../store/model.ts";
import { git, gitOrUndefined, gitWithInput } from "./git.ts";
import { updateHook } from "./hooks.ts";

/** A file of a commit: its text or bytes, or text with a mode. `undefined` deletes the path. */
export type FileContent = string | Buffer | { content: string; mode?: "100755" | "100644" } | undefined;

const isPlain = (file: FileContent): file is string | Buffer => typeof file === "string" || Buffer.isBuffer(file);

async function configure(dir: string): Promise<void> {
  const config = ["gc.auto=0", "receive.autogc=false", "http.receivepack=true", "uploadpack.allowFilter=true"];
  config.push("uploadpack.allowAnySHA1InWant=true", "receive.hideRefs=refs/pull", "core.logAllRefUpdates=false");
  const lines = config.map((entry) => {
    const [key = "", value = ""] = entry.split("=");
    const [section = "", name = ""] = key.split(".");
    return `[${section}]\n\t${name} = ${value}\n`;
  });
  await writeFile(join(dir, "config"), `[core]\n\trepositoryformatversion = 0\n\tbare = true\n${lines.join("")}`);
  await mkdir(join(dir, "hooks"), { recursive: true });
  await writeFile(join(dir, "hooks", "update"), updateHook);
  await chmod(join(dir, "hooks", "update"), 0o755);
}

/** An empty bare repository whose HEAD is `branch`. */
export async function initRepository(dir: string, branch: string): Promise<void> {
  await mkdir(dirname(dir), { recursive: true });
  await git(dirname(dir), ["init", "--quiet", "--bare", "--template=", `--initial-branch=${branch}`, dir]);
  await configure(dir);
}

/** A full copy, as a fork is one. */
export async function copyRepository(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await git(dirname(to), ["clone", "--quiet", "--bare", "--template=", "--no-hardlinks", from, to]);
  await configure(to);
}

/** Every ref outside refs/pull, full name -> object id. */
export async function listRefs(dir: string): Promise<Map<string, string>> {
  const refs = new Map<string, string>();
  for (const line of (await git(dir, ["for-each-ref", "--format=%(objectname) %(refname)"])).split("\n")) {
    const [sha, name] = line.split(" ");
    if (sha && name && !name.startsWith("refs/pull/")) refs.set(name, sha);
  }
  return refs;
}

/**
 * The object id of one ref outside refs/pull, by its full name, or undefined. Read from git's own files, a loose ref before
 * the packed ones as git does: this is asked on the way to every agent, where a process costs more than all the rest.
 */
export async function readRef(dir: string, name: string): Promise<string | undefined> {
  const parts = name.split("/");
  if (parts[0] !== "refs" || parts[1] === "pull" || parts.some((part) => /^$|^\.|\0|\.lock$/.test(part)))
    return undefined;
  const loose = (await textOf(join(dir, name)))?.trim();
  if (loose !== undefined) return /^[0-9a-f]{40}$/.test(loose) ? loose : undefined;
  const packed = (await textOf(join(dir, "packed-refs")))?.split("\n") ?? [];
  return packed.find((line) => line.slice(41) === name && line[40] === " ")?.slice(0, 40);
}

/** Undefined when there is no such file. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (["ENOENT", "ENOTDIR", "EISDIR", "ENAMETOOLONG"].includes(code)) return undefined;
    throw error;
  }
}

/** The commit that a branch, tag or object id names, or undefined. */
export async function resolveCommit(dir: string, ref: string): Promise<string | undefined> {
  if (ref.startsWith("-") || ref.length > 255) return undefined;
  for (const name of [`refs/heads/${ref}`, `refs/tags/${ref}`, ref]) {
    const sha = await gitOrUndefined(dir, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`]);
    if (sha) return sha.trim();
  }
  return undefined;
}

/** The commit at the tip of a branch, or undefined. */
export async function branchTip(dir: string, branch: string): Promise<string | undefined> {
  return (await gitOrUndefined(dir, ["rev-parse", "--verify", "--quiet", `refs/heads/${branch}^{commit}`]))?.trim();
}

/** The noreply address that GitHub gives to an account. */
export const emailOf = (account: Account): string => `${account.id}+${account.login}@users.noreply.github.com`;

const quotePath = (path: string): string => `"${path.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;

/** Writes one commit on a branch (made when missing, from `parent`), in one git process. Returns its id. */
export async function writeCommit(
  dir: string,
  commit: { branch: string; parent?: string; files: Record<string, FileContent>; message: string; author: Account },
): Promise<string> {
  const ref = `refs/heads/${commit.branch}`;
  const who = `${commit.author.login} <${emailOf(commit.author)}> ${Math.floor(Date.now() / 1000)} +0000`;
  const parts: (string | Buffer)[] = [];
  const data = (content: string | Buffer): void => {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    parts.push(`data ${bytes.length}\n`, bytes, "\n");
  };
  parts.push(`commit ${ref}\nauthor ${who}\ncommitter ${who}\n`);
  data(commit.message);
  if (commit.parent) parts.push(`from ${commit.parent}\n`);
  for (const [path, file] of Object.entries(commit.files)) {
    if (file === undefined) {
      parts.push(`D ${quotePath(path)}\n`);
      continue;
    }
    parts.push(`M ${isPlain(file) ? "100644" : (file.mode ?? "100644")} inline ${quotePath(path)}\n`);
    data(isPlain(file) ? file : file.content);
  }
  const input = Buffer.concat(parts.map((part) => Buffer.from(part)));
  await gitWithInput(dir, ["fast-import", "--quiet", "--force"], input);
  return (await git(dir, ["rev-parse", ref])).trim();
}
