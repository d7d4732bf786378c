/** What was parked goes on in another slot: its user owns what the agent has made, and nothing besides. */
import { chownSync, lchownSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { giveWorkspace } from "../../../workers/workspace/give-workspace.ts";
import { workspaceDir } from "../../../workers/workspace/host-folders.ts";
import { readRecord, writeRecord } from "../../../workers/workspace/record.ts";
import { temporaryFolder } from "./support.ts";

const [FORMER, LATER, STRANGER] = [61_701, 61_702, 61_703];
const taskId = "tbbbbbbbbbbbbbbb";

test.skipIf(process.getuid?.() !== 0)("links lead nowhere, and what is another's stays so; again is fine", async () => {
  const dataDir = temporaryFolder();
  const dir = workspaceDir(dataDir, taskId);
  const outside = join(dataDir, "outside");
  writeFileSync(outside, "the host's");
  chownSync(outside, FORMER, FORMER);
  mkdirSync(join(dir, "deep"), { recursive: true });
  const [own, others, link] = ["deep/own", "deep/others", "deep/link"].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(own, "x");
  writeFileSync(others, "x");
  symlinkSync(outside, link);
  for (const path of [dir, join(dir, "deep"), own]) chownSync(path, FORMER, FORMER);
  lchownSync(link, FORMER, FORMER);
  chownSync(others, STRANGER, STRANGER);
  writeRecord(dir, { branch: "b", baseSha: "a".repeat(40), uid: FORMER });

  const user = { slot: 1, uid: LATER, gid: LATER } as Parameters<typeof giveWorkspace>[0]["user"];
  for (let times = 0; times < 2; times++) await giveWorkspace({ dataDir, taskId, user, seenAt: undefined });
  const uidOf = (path: string) => lstatSync(path).uid;
  expect([dir, join(dir, "deep"), own, link, others, outside].map(uidOf)).toEqual([
    ...[LATER, LATER, LATER, LATER],
    ...[STRANGER, FORMER],
  ]);
  expect(readRecord(dir)).toMatchObject({ uid: LATER });
});
