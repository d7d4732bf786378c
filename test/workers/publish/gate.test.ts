import { expect, test } from "vitest";
import { commitsToPublish } from "../../../workers/publish/agent-commits.ts";
import { diffStat } from "../../../workers/publish/changes.ts";
import { gate } from "../../../workers/publish/gate.ts";
import { recreate } from "../../../workers/publish/recreate.ts";
import { git, startRemote } from "../workspace/support.ts";
import { changeLimits, requester, startRun } from "./support.ts";

const commitAll = "git add -A; git commit -qm change";

test("an ordinary change passes, with its size", async () => {
  const run = await startRun({ remote: await startRemote({ "a.txt": "1\n2\n", "old.txt": "x\n" }) });
  run.agent(
    `printf '1\\n3\\n4\\n' > a.txt; rm old.txt; ln -s a.txt link; printf '\\0\\1' > bin; chmod +x bin; ${commitAll}`,
  );
  expect(await run.gate()).toMatchObject({ ok: true, stat: { files: 4, additions: 3, deletions: 2 } });
  expect(await diffStat({ quarantine: run.quarantine, before: run.base, tip: run.base })).toMatchObject({ files: 0 });
});

test.for([
  [
    "a workflow",
    "mkdir -p .github/workflows; echo x > .github/workflows/ci.yml",
    "a change of a workflow: `.github/workflows/ci.yml`. Orch has no permission",
  ],
  ["a workflow in capitals", "mkdir -p .GitHub/Workflows; echo x > .GitHub/Workflows/ci.yml", "workflows"],
  [
    "too many files",
    "mkdir dist; for i in $(seq 3001); do echo $i > dist/f$i; done",
    "more than 3,000 files, which is more than this worker host publishes (`limits.changedFiles`). Most of them are in `dist/`",
  ],
  ["a large file", "mkdir out; head -c 40000000 /dev/zero > out/dump", "of new content: `out/dump` (40 MB)"],
  ["too many lines", "seq 200001 > list", "added 200,001 lines"],
  [
    "a submodule",
    "git init -q sub; git -C sub -c user.name=a -c user.email=a commit -q --allow-empty -m x",
    "a repository inside the repository: `sub`",
  ],
  ["an absolute link", "ln -s /etc/passwd evil", "leads out of the repository: `evil`"],
  ["a climbing link", "mkdir d; ln -s ../../outside d/evil", "leads out of the repository: `d/evil`"],
  ["a link that climbs through another", "mkdir -p d/e; ln -s .. d/up; ln -s ../up/.. d/e/evil", "`d/e/evil`"],
  ["a name with a line break", "touch \"$(printf 'a\\nb')\"", "control characters"],
  ["a name that reads backwards", "touch \"$(printf 'a\\342\\200\\256b')\"", "control characters"],
  ["a name that is no text", "touch \"$(printf 'a\\377b')\"", "broken text"],
] as const)("%s is refused with a sentence that says why", async ([, script, words]) => {
  const run = await startRun();
  run.agent(`${script}; ${commitAll} 2>/dev/null`);
  expect(await run.gate()).toMatchObject({
    ok: false,
    objections: [{ reason: expect.stringContaining(words), remedy: expect.stringMatching(/\w/) }],
  });
});

test("a key that the agent was given is not published, in no file and in no message", async () => {
  const run = await startRun();
  const secrets = ["a-key-of-the-model"];
  run.agent(`echo 1 > a; git add a; git commit -qm 'works with a-key-of-the-model'`);
  const { tip } = await run.collect();
  const span = { quarantine: run.quarantine, base: run.base, tip, secrets, limits: changeLimits };
  expect(await gate(span)).toMatchObject({ ok: true });
  const { sha } = await recreate({
    ...span,
    subject: "Repair",
    taskId: "tabc",
    epoch: 1,
    bot: { id: 7, login: "orch[bot]" },
    requester,
  });
  expect(git(run.quarantine.dir, "show", "--no-patch", "--format=%s", sha)).toBe("works with [redacted]");

  run.agent(`echo KEY=a-key-of-the-model > .env; ${commitAll}`);
  const leaking = { ...span, tip: (await run.collect()).tip };
  expect(await gate(leaking)).toMatchObject({
    ok: false,
    objections: [{ reason: expect.stringContaining("a key that it was given") }],
  });
  run.agent(`git rm -q .env; ${commitAll}`);
  // The end is clean, the way there is not: it goes out as one commit.
  expect(await commitsToPublish({ ...span, tip: (await run.collect()).tip })).toHaveLength(1);
});

test("links within the repository pass", async () => {
  const run = await startRun();
  run.agent(`mkdir -p d/e; ln -s ../../README.md d/e/l; ln -s . d/here; ln -s ./e d/e2; ln -s .. d/root; ${commitAll}`);
  expect(await run.gate()).toMatchObject({ ok: true });
});

test("what is of one kind is told in one sentence, and what is of several kinds all at once", async () => {
  const run = await startRun();
  run.agent("mkdir -p .github/workflows; touch .github/workflows/a.yml; for i in 1 2 3 4 5; do git init -q r$i; done");
  run.agent(`for i in 1 2 3 4 5; do git -C r$i -c user.name=a -c user.email=a commit -q --allow-empty -m x; done
    ${commitAll} 2>/dev/null`);
  expect(await run.gate()).toMatchObject({
    objections: [
      { reason: expect.stringContaining("a change of a workflow") },
      { reason: expect.stringContaining("repositories inside the repository: `r1`, `r2`, `r3` and 2 more.") },
    ],
  });
});

test.for([
  ["a licence header in 350 files", "for f in src/*; do printf '// licence\n' | cat - $f > t; mv t $f; done"],
  ["350 vendored files that go", "git rm -q -r src"],
  ["one line in a lock file of 12 MB", "sed -i '1s/.*/changed/' lock"],
] as const)("an honest change passes: %s", async ([, script]) => {
  const many = Object.fromEntries(Array.from({ length: 350 }, (_, index) => [`src/f${index}`, `${index}\n`]));
  const run = await startRun({
    remote: await startRemote({ ...many, lock: "a line of a lock file\n".repeat(570_000) }),
  });
  run.agent(`${script}; ${commitAll}`);
  expect(await run.gate({ files: 350, lines: 350, fileBytes: 1_000_000 })).toMatchObject({ ok: true });
});

test("all files of a change together have a limit as well", async () => {
  const run = await startRun();
  run.agent(`for i in $(seq 11); do head -c 1000 /dev/urandom > f$i; done; ${commitAll}`);
  expect(await run.gate({ files: 100, lines: 1_000, fileBytes: 1_000 })).toMatchObject({
    objections: [{ reason: expect.stringContaining("`limits.changedFileMegabytes`") }],
  });
});
