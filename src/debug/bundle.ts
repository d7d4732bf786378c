/**
 * One file of all that was gathered of a task, to look at, or to give to somebody who may help: each text without anything that is a secret or looks like
 * one, bounded, and named in a manifest.
 */
import { createHash } from "node:crypto";
import { keepEnd } from "../text/bound.ts";
import { withoutSecrets } from "../text/known-secrets.ts";
import { redact } from "../text/secret-patterns.ts";
import { tarOf } from "./tar.ts";

/** By name: a text, or what is to be written as JSON. */
export type Gathered = Map<string, unknown>;

export type Packed = { file: string; sha256: string; characters: number; whole: boolean };

/** `files`: what is in it, which its manifest says as well. */
export type Bundle = { name: string; files: Packed[]; tar: Buffer };

/** Of one text, in characters, and of all of them together. */
const MOST = 1024 * 1024;
const MOST_ALL = 16 * MOST;

/** Without its ending. */
export const bundleName = (taskId: string): string => `orch-debug-${taskId}`;

/** `secrets`: in every form in which they may stand there. `about`: for the manifest; `at`: Unix ms. */
export async function bundleOf(
  gathered: Gathered,
  { task, secrets, about, at }: { task: string; secrets: readonly string[]; about: object; at: number },
): Promise<Bundle> {
  const name = bundleName(task);
  let left = MOST_ALL;
  const files: Packed[] = [];
  const texts = [...gathered].map(([file, value]) => {
    // Cleaned as a whole: half a secret looks like none.
    const text = clean(value, secrets);
    const shown = keepEnd(text, Math.min(MOST, left));
    left = Math.max(0, left - shown.length);
    const sha256 = createHash("sha256").update(shown).digest("hex");
    files.push({ file, sha256, characters: shown.length, whole: shown === text });
    return { name: `${name}/${file}`, text: shown };
  });
  const said = { task, at: new Date(at).toISOString(), ...about, files };
  const manifest = { name: `${name}/manifest.json`, text: clean(said, secrets) };
  return { name, files, tar: await tarOf([...texts, manifest], at) };
}

/** What becomes JSON is cleaned before: `\n` there ends in a letter. */
function clean(value: unknown, secrets: readonly string[]): string {
  const without = (text: string) => redact(withoutSecrets(text, secrets));
  if (typeof value === "string") return without(value);
  const each = (_key: string, part: unknown) => (typeof part === "string" ? without(part) : part);
  return without(`${JSON.stringify(value, each, 2)}\n`);
}
