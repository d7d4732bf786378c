import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { AccessDenied, PushFailed, RepositoryArchived } from "../../../workers/workspace/git-errors.ts";
import { git, type Remote, startRemote, writeFiles } from "../workspace/support.ts";
import { startRun } from "./support.ts";

const tip = (remote: Remote, branch: string) => git(remote.bare, "rev-parse", `refs/heads/${branch}`);

async function runWithWork(options: Parameters<typeof startRun>[0] = {}, text = "work") {
  const run = await startRun(options);
  run.agent(`echo ${text} > work.txt; git add -A; git commit -qm '${text}'`);
  return { ...run, sha: await run.recreate() };
}

test("a new branch appears at the commit, and saying it again changes nothing", async () => {
  const run = await runWithWork();
  expect(await run.push(run.sha)).toEqual({ kind: "pushed", sha: run.sha });
  expect(tip(run.remote, run.branch)).toBe(run.sha);
  expect(await run.push(await run.recreate())).toEqual({ kind: "already", sha: run.sha });
});

test("a pull request's branch moves on from where it was", async () => {
  const run = await runWithWork();
  expect(await run.push(run.sha, run.base, "main")).toEqual({ kind: "pushed", sha: run.sha });
  expect(tip(run.remote, "main")).toBe(run.sha);
});

test("a branch that a person moved meanwhile is left alone", async () => {
  const run = await runWithWork();
  const theirs = run.remote.commit({ "theirs.txt": "x" });
  expect(await run.push(run.sha, run.base, "main")).toEqual({ kind: "stale", remoteSha: theirs });
  expect(tip(run.remote, "main")).toBe(theirs);
  git(run.remote.bare, "branch", run.branch, theirs);
  expect(await run.push(run.sha)).toEqual({ kind: "stale", remoteSha: theirs });
  expect(tip(run.remote, run.branch)).toBe(theirs);
});

test("a branch that is gone is not made again", async () => {
  const run = await runWithWork();
  expect(await run.push(run.sha, run.base, "elsewhere")).toEqual({ kind: "stale" });
});

test("a later run replaces what an earlier run of the same task pushed, never the other way round", async () => {
  const remote = await startRemote();
  const first = await runWithWork({ remote, epoch: 1 }, "first");
  const second = await runWithWork({ remote, epoch: 2 }, "second");
  const other = await runWithWork({ remote, taskId: "tother", epoch: 3 }, "other");
  expect(await first.push(first.sha)).toMatchObject({ kind: "pushed" });
  expect(await second.push(second.sha)).toEqual({ kind: "pushed", sha: second.sha });
  expect(await first.push(first.sha)).toEqual({ kind: "stale", remoteSha: second.sha });
  expect(await other.push(other.sha, "", first.branch)).toEqual({ kind: "stale", remoteSha: second.sha });
  expect(tip(remote, first.branch)).toBe(second.sha);
});

test("a person's amendment of our commit keeps our trailer and is still theirs", async () => {
  const remote = await startRemote();
  const first = await runWithWork({ remote, epoch: 1 }, "first");
  await first.push(first.sha);
  git(remote.clone, "fetch", "-q", remote.bare, first.branch);
  git(remote.clone, "checkout", "-q", "FETCH_HEAD");
  writeFiles(remote.clone, { "more.txt": "x" });
  git(remote.clone, "add", "-A");
  git(remote.clone, "commit", "-q", "--amend", "--no-edit");
  git(remote.clone, "push", "-q", "--force", remote.bare, `HEAD:${first.branch}`);
  const theirs = git(remote.clone, "rev-parse", "HEAD");
  expect(git(remote.clone, "log", "-1", "--format=%B")).toContain("Orch-Task: tabc");
  const second = await runWithWork({ remote, epoch: 2 }, "second");
  expect(await second.push(second.sha)).toEqual({ kind: "stale", remoteSha: theirs });
});

test("a push that loses a race on the server is stale, not failed", async () => {
  const run = await runWithWork();
  const rival = run.remote.commit({ "rival.txt": "x" }, "rival");
  run.remote.server.beforePush = () => git(run.remote.bare, "update-ref", `refs/heads/${run.branch}`, rival);
  expect(await run.push(run.sha)).toEqual({ kind: "stale", remoteSha: rival });
});

test("the server's refusal reaches the person in its words", async () => {
  const run = await runWithWork();
  run.remote.declinePushes("GH006: Protected branch update failed.");
  expect(await run.push(run.sha)).toEqual({
    kind: "refused",
    reason: `GitHub refused the push to \`${run.branch}\`: pre-receive hook declined. It said: GH006: Protected branch update failed.`,
  });
});

test("an archived repository, a lost permission and a lost connection are told apart", async () => {
  const run = await runWithWork();
  const { server } = run.remote;
  server.refusePush = { status: 403, text: "This repository was archived so it is read-only." };
  await expect(run.push(run.sha)).rejects.toBeInstanceOf(RepositoryArchived);
  server.refusePush = { status: 403, text: "Write access to repository not granted." };
  await expect(run.push(run.sha)).rejects.toBeInstanceOf(AccessDenied);
  await server.close();
  await expect(run.push(run.sha)).rejects.toBeInstanceOf(PushFailed);
});

test("while a push runs, no process shows the token in its arguments", async () => {
  const run = await runWithWork();
  const { server } = run.remote;
  server.token = `ghs_${"Ab1-".repeat(60)}.${"Cd2_".repeat(60)}.${"e".repeat(35)}`;
  let seen: string[] = [];
  server.beforePush = () => {
    seen = commandLines();
  };
  expect(await run.push(run.sha)).toMatchObject({ kind: "pushed" });
  expect(seen.some((line) => line.includes("remote-http") && line.includes(server.url))).toBe(true);
  expect(seen.filter((line) => line.includes(server.token.slice(0, 40)))).toEqual([]);
});

/** Arguments of every process of the machine. */
function commandLines(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")];
      } catch {
        return []; // ended meanwhile
      }
    });
}
