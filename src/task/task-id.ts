/** A task's one id: the hash of its origin's identity. So a replay, a redelivery under another GUID and a scan all arrive at the same task. */
import { createHash } from "node:crypto";
import { identityOf, isWritten, type Origin } from "./origin.ts";

/** Of what stands behind the first letter. */
export const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** `t` and 15 base32 characters: legal as BullMQ job id, branch suffix, folder and tmux session name alike. */
export function taskIdOf(repositoryId: number, origin: Origin): string {
  const line = isWritten(origin) ? [origin.line] : [];
  const identity = ["orch1", repositoryId, ...identityOf(origin), ...line].join("|");
  const digest = createHash("sha256").update(identity).digest();
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
