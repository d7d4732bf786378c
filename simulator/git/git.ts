/**
 * Runs git for the simulator: argument arrays, a fixed environment without the machine's own git configuration, and
 * one error type that carries what git said.
 */
import { execFile, execFileSync, spawn } from "node:child_process";

class GitError extends Error {
  readonly exitCode: number | undefined;
  readonly stderr: string;
  constructor(args: readonly string[], exitCode: number | undefined, stderr: string) {
    super(`git ${args.slice(0, 3).join(" ")} failed (${exitCode ?? "no exit code"}): ${stderr.trim()}`);
    this.name = "GitError";
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

/** The environment of every git that the simulator starts. */
export function gitEnvironment(): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "/usr/bin:/bin",
    HOME: "/nonexistent",
    LC_ALL: "C",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    // A path from outside is a path, never a pattern.
    GIT_LITERAL_PATHSPECS: "1",
  };
}

const maxBuffer = 64 * 1024 * 1024;

/** The bytes of git's stdout, run in `dir`; throws GitError when git fails. */
export function gitBytes(dir: string, args: readonly string[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // No program can be given a NUL, and nothing in git has a name with one.
    if (args.some((each) => each.includes("\0"))) return reject(new GitError(args, 128, "NUL in a name"));
    const options = { cwd: dir, env: gitEnvironment(), maxBuffer, encoding: "buffer" as const };
    execFile("git", args, options, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      reject(new GitError(args, typeof error.code === "number" ? error.code : undefined, stderr.toString()));
    });
  });
}

/** stdout as text, for what is text; a file's content is bytes. */
export const git = async (dir: string, args: readonly string[]): Promise<string> =>
  (await gitBytes(dir, args)).toString();

/** As `git`, but blocking: for the assertion views, which tests use inside conditions. */
export function gitSync(dir: string, args: readonly string[]): string {
  return execFileSync("git", args, { cwd: dir, env: gitEnvironment(), maxBuffer, encoding: "utf8", stdio: "pipe" });
}

/** As `git`, with standard input. */
export function gitWithInput(dir: string, args: readonly string[], input: Buffer | string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", args, { cwd: dir, env: gitEnvironment(), stdio: "pipe" });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(Buffer.concat(out).toString());
      else reject(new GitError(args, code ?? undefined, Buffer.concat(err).toString()));
    });
    // A git that ends early closes its input; its exit code tells the story better than EPIPE.
    child.stdin.on("error", () => child.stdin.destroy());
    child.stdin.end(input);
  });
}

/** The answer, or undefined when git says that it has none (exit code, not a missing git). */
export async function gitOrUndefined(dir: string, args: readonly string[]): Promise<string | undefined> {
  try {
    return await git(dir, args);
  } catch (error) {
    if (error instanceof GitError && error.exitCode !== undefined) return undefined;
    throw error;
  }
}
