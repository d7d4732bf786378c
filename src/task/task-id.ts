/**
 * A task's one id. It is derived from what GitHub signed (repository, comment, line), so that a replay, a redelivery
 * under another GUID and a catch-up scan all arrive at the same task.
 */
import { createHash } from "node:crypto";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** `t` and 15 base32 characters: legal as BullMQ job id, branch suffix, folder and tmux session name alike. */
export function taskIdOf(repositoryId: number, commentId: number, line: number): string {
  const digest = createHash("sha256").update(`orch1|${repositoryId}|comment|${commentId}|${line}`).digest();
  let bits = digest.readBigUInt64BE(0) * 2n ** 64n + digest.readBigUInt64BE(8);
  let id = "";
  for (let count = 0; count < 15; count++) {
    id += ALPHABET[Number(bits & 31n)];
    bits >>= 5n;
  }
  return `t${id}`;
}

export function isTaskId(text: string): boolean {
  return /^t[a-z2-7]{15}$/.test(text);
}
