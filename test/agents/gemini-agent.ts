/**
 * Gemini CLI as an operator would define it, placed where every slot's user can reach it: a checkout may lie below a
 * folder that only its owner can enter, and the machine's own Node may be too old (it needs 20) or private as well.
 */
import { chmodSync, copyFileSync, linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { WrittenAgent } from "../support/orch.ts";

const modules = fileURLToPath(new URL("node_modules", import.meta.url));

/** As in the operator's file, without its name. */
type Section = Omit<WrittenAgent, "allow">;

export type PlacedGemini = { section: Section; remove(): void };

/** Hard links where the file system allows them, so that it costs milliseconds and no room; else a copy of 110 MB. */
export function placeGemini(): PlacedGemini {
  const dir = mkdtempSync(join(tmpdir(), "orch-gemini-program-"));
  chmodSync(dir, 0o755);
  const node = join(dir, "bin/node");
  placeFolder(dirname(node));
  placeFile(process.execPath, node);
  placeFolder(join(dir, "node_modules"));
  for (const entry of readdirSync(modules, { recursive: true, withFileTypes: true })) {
    const from = join(entry.parentPath, entry.name);
    const to = join(dir, "node_modules", relative(modules, from));
    // The model's service runs beside the tests, not in the sandbox. Symbolic links are npm's shortcuts to programs.
    if (from.startsWith(join(modules, "@copilotkit"))) continue;
    if (entry.isDirectory()) placeFolder(to);
    if (entry.isFile()) placeFile(from, to);
  }
  const section = {
    kind: "gemini" as const,
    command: [node, join(dir, "node_modules/@google/gemini-cli/bundle/gemini.js")],
    env: { PATH: `${dirname(node)}:/usr/local/bin:/usr/bin:/bin` },
    passEnv: ["GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL"],
    readable: [dir],
    model: "gemini-2.5-pro",
  };
  return { section, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** What the host's environment must hold for it. */
export function geminiEnv(modelUrl: string): Record<string, string> {
  return { GEMINI_API_KEY: "no-real-key", GOOGLE_GEMINI_BASE_URL: modelUrl };
}

/**
 * Gemini CLI as an operator would define it whose model answers on this machine. What is on its loopback has to be
 * listed, and nothing else is, to prove that this is enough; `allow: []` is the operator who forgot it.
 */
export function geminiAt(url: string, section: Section, allow = [new URL(url).host]): WrittenAgent {
  return { ...section, env: { ...section.env, GOOGLE_GEMINI_BASE_URL: url }, egress: "listed", allow };
}

function placeFolder(dir: string): void {
  mkdirSync(dir);
  chmodSync(dir, 0o755); // whatever this process's umask is
}

function placeFile(from: string, to: string): void {
  const { mode } = statSync(from);
  if ((mode & 0o004) !== 0 && linked(from, to)) return;
  copyFileSync(from, to);
  chmodSync(to, mode & 0o100 ? 0o755 : 0o644); // of the copy: through a link it would change the checkout
}

/** False where the file lies on another file system, or is another user's whose files may not be linked. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch {
    return false;
  }
}
