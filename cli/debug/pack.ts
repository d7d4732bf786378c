/**
 * Packs texts into one compressed file that only its maker can read. By tar, which every worker host has already: it packs agents' sessions
 * with it (`workers/kept-sessions/pack.ts`), and Node itself has nothing that writes such files.
 */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { keepEnd } from "../../src/text/bound.ts";
import { withoutSecrets } from "../../src/text/known-secrets.ts";
import { redact } from "../../src/text/secret-patterns.ts";
import { runProgram } from "../../workers/run-program.ts";
import { SEARCH_PATH } from "../../workers/sandbox/find-program.ts";
import type { Gathered } from "./gather.ts";

/** Of one text, in characters, and of all of them together. */
const MOST = 1024 * 1024;
const MOST_ALL = 16 * MOST;
const PACK_MS = 60_000;

export type Packed = { file: string; sha256: string; characters: number; whole: boolean };

/** Without anything that is a secret or looks like one. What becomes JSON is cleaned before: `\n` there ends in a letter. */
function clean(value: unknown, secrets: readonly string[]): string {
  const without = (text: string) => redact(withoutSecrets(text, secrets));
  if (typeof value === "string") return without(value);
  const each = (_key: string, part: unknown) => (typeof part === "string" ? without(part) : part);
  return without(`${JSON.stringify(value, each, 2)}\n`);
}

/** Throws where `to` exists, or there is no tar. Gives what is in it, which its manifest says as well. */
export async function pack(
  gathered: Gathered,
  { to, name, secrets, about }: { to: string; name: string; secrets: readonly string[]; about: object },
): Promise<Packed[]> {
  const dir = mkdtempSync(join(tmpdir(), "orch-debug-")); // 0700
  const out = await open(to, "wx", 0o600);
  try {
    let left = MOST_ALL;
    const files: Packed[] = [];
    const write = (file: string, text: string): string => {
      const path = join(dir, name, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text, { mode: 0o600 });
      return text;
    };
    for (const [file, value] of gathered) {
      // Cleaned as a whole: half a secret looks like none.
      const text = clean(value, secrets);
      const shown = keepEnd(text, Math.min(MOST, left));
      left = Math.max(0, left - shown.length);
      const sha256 = createHash("sha256").update(write(file, shown)).digest("hex");
      files.push({ file, sha256, characters: shown.length, whole: shown === text });
    }
    write("manifest.json", clean({ ...about, files }, secrets));
    const done = await runProgram({
      file: "tar",
      args: ["--create", "--gzip", "--owner=0", "--group=0", "--file=-", `--directory=${dir}`, name],
      env: { PATH: SEARCH_PATH, LC_ALL: "C" },
      timeoutMs: PACK_MS,
      outputFile: out.fd,
    });
    if (done.exitCode !== 0) throw new Error(`tar could not write ${to}: ${done.stderr.trim()}`);
    return files;
  } catch (error) {
    await rm(to, { force: true });
    throw error;
  } finally {
    await out.close();
    await rm(dir, { recursive: true, force: true });
  }
}
