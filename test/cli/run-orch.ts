/** The command `orch` as a person runs it: a process of its own, in an empty folder, with nothing but the given settings. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { compileCache } from "../support/compile-cache.ts";

export const ORCH = fileURLToPath(new URL("../../cli/orch.ts", import.meta.url));

export type Said = { code: number | null; stdout: string; stderr: string };

export async function runOrch(
  args: readonly string[],
  options: { cwd: string; env?: Record<string, string>; user?: number },
): Promise<Said> {
  const child = spawn(process.execPath, [ORCH, ...args], {
    cwd: options.cwd,
    env: { PATH: process.env.PATH, HOME: options.cwd, ...compileCache, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    ...(options.user === undefined ? {} : { uid: options.user, gid: options.user }),
  });
  const said = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    said.stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    said.stderr += chunk.toString();
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...said };
}
