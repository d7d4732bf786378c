import { expect, test } from "vitest";
import { commitsToPublish } from "../../../workers/publish/agent-commits.ts";
import { diffStat } from "../../../workers/publish/changes.ts";
import { gate } from "../../../workers/publish/gate.ts";
import { recreate } from "../../../workers/publish/recreate.ts";
import { git, startRemote } from "../workspace/support.ts";
import { requester, startRun } from "./support.ts";

const commitAll = "git add -A; git commit -qm change";

test("an ordinary change passes, with its size", async () => {
  const run = await startRun({ remote: await startRemote({ "a.txt": "1\n2\n", "old.txt": "x\n" }) });
  run.agent(
    `printf '1\\n3\\n4\\n' > a.txt; rm old.txt; ln -s a.txt link; printf '\\0\\1' > bin; chmod +x bin; ${commitAll}`,
  );
  expect(await run.gate()).toEqual({ ok: true, stat: { files: 4, additions: 3, deletions: 2 } });
  expect(await diffStat({ quarantine: run.quarantine, base: run.base, tip: run.base })).toMatchObject({ files: 0 });
});

test.for([
  ["a workflow", "mkdir -p .github/workflows; echo x > .github/workflows/ci.yml", "no permission to change workflows"],
  ["a workflow in capitals", "mkdir -p .GitHub/Workflows; echo x > .GitHub/Workflows/ci.yml", "workflows"],
  ["too many files", "for i in $(seq 301); do echo $i > f$i; done", "more than 300 files"],
  ["too many bytes", "head -c 5100000 /dev/zero > big", "make 5.1 MB"],
  [
    "a submodule",
    "git init -q sub; git -C sub -c user.name=a -c user.email=a commit -q --allow-empty -m x",
    "at `sub`",
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
  expect(await run.gate()).toMatchObject({ ok: false, reason: expect.stringContaining(words) });
});

test("a key that the agent was given is not published, in no file and in no message", async () => {
  const run = await startRun();
  const secrets = ["a-key-of-the-model"];
  run.agent(`echo 1 > a; git add a; git commit -qm 'works with a-key-of-the-model'`);
  const { tip } = await run.collect();
  const span = { quarantine: run.quarantine, base: run.base, tip, secrets };
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
  expect(await gate(leaking)).toMatchObject({ ok: false, reason: expect.stringContaining("a key that it was given") });
  run.agent(`git rm -q .env; ${commitAll}`);
  // The end is clean, the way there is not: it goes out as one commit.
  expect(await commitsToPublish({ ...span, tip: (await run.collect()).tip })).toHaveLength(1);
});

test("links within the repository pass", async () => {
  const run = await startRun();
  run.agent(`mkdir -p d/e; ln -s ../../README.md d/e/l; ln -s . d/here; ln -s ./e d/e2; ln -s .. d/root; ${commitAll}`);
  expect(await run.gate()).toMatchObject({ ok: true });
});
