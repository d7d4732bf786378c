/** Which pushes have a repository's file read again. */
import { expect, test } from "vitest";
import { onPush } from "../../src/events/on-repository-file.ts";

type Push = Parameters<ReturnType<typeof onPush>>[0];

const commit = (changes: Partial<Push["commits"][number]> = {}) => ({
  added: [],
  modified: [],
  removed: [],
  ...changes,
});
const push: Push = {
  installation: { id: 21 },
  repository: { id: 11, owner: "octo-org", name: "calculator", defaultBranch: "main" },
  ref: "refs/heads/main",
  after: "a".repeat(40),
  created: false,
  deleted: false,
  forced: false,
  commits: [commit({ modified: ["add.js"] })],
};

async function looks(changes: Partial<Push>): Promise<unknown[]> {
  const looked: unknown[] = [];
  const lookAgain = async (repository: unknown) => void looked.push(repository);
  await onPush({ schedules: { lookAgain, lookAtAll: async () => undefined } })({ ...push, ...changes });
  return looked;
}

test.each<[string, Partial<Push>]>([
  ["that changes the file", { commits: [commit(), commit({ modified: [".github/orch.yml"] })] }],
  ["that adds it under its other name", { commits: [commit({ added: [".github/orch.yaml"] })] }],
  ["that removes it", { commits: [commit({ removed: [".github/orch.yml"] })] }],
  ["that was forced: its commits do not say what is gone", { forced: true }],
  ["that makes the branch", { created: true }],
  ["of which no commits are named", { commits: [] }],
  ["of more commits than are named", { commits: Array.from({ length: 20 }, () => commit()) }],
  ["of more files than are named", { commits: [commit({ added: Array.from({ length: 3_000 }, () => "a") })] }],
])("a push to the default branch %s has it read again", async (_, changes) => {
  expect(await looks(changes)).toEqual([
    { id: 11, owner: "octo-org", name: "calculator", installationId: 21, head: push.after },
  ]);
});

test.each<[string, Partial<Push>]>([
  ["that leaves the file as it is", {}],
  ["to another branch", { ref: "refs/heads/topic", commits: [commit({ modified: [".github/orch.yml"] })] }],
  ["of a tag with the branch's name", { ref: "refs/tags/main", forced: true }],
  ["that deletes the branch", { deleted: true, commits: [] }],
])("a push %s has nothing read", async (_, changes) => {
  expect(await looks(changes)).toEqual([]);
});
