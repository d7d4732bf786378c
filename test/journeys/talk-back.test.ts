/** An agent that talks to its host, as people on GitHub see it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { findCheckpoints } from "../../workers/checkpoints/checkpoint-store.ts";
import { type Orch, startOrch } from "../support/orch.ts";

let orch: Orch;
afterEach(() => orch.close());

const SAID = /What the agent is doing\*\*\n\n> I look for what breaks the tests, see /;

async function finished(taskId: string) {
  expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
  const [pull, ...more] = orch.simulator.state.pulls(orch.repository);
  expect(more).toEqual([]);
  return { title: pull?.title, body: pull?.body ?? "" };
}

test("what it says stands in the comment, its work is put aside, and title and summary are those of the pull request, though its host is killed meanwhile", async () => {
  orch = await startOrch({ agent: "talks-back" });
  const { taskId } = await orch.command("/orch fix the tests");
  await orch.task(taskId, ({ runs }) => runs.at(-1)?.progress.said !== undefined);
  const comment = await orch.progressComment(SAID);
  expect(comment).not.toMatch(/@octo-org(?!<)|(?<!>)#99|<b>/); // it pings nobody, refers to nothing and is no markup
  await orch.host.kill();
  await orch.letGo();
  await orch.host.start();
  const { title, body } = await finished(taskId);
  expect(title).toBe("Add instead of subtracting");
  expect(body).toMatch(/### Summary by the agent\n\nThe sign was wrong in `add\.js`/);
  expect(body).not.toMatch(/@octo-org(?!<)|[Ff]ixes #99/);
  const receipt = await orch.progressComment(/Done: pull request/);
  expect(receipt).toMatch(/\*\*Summary by the agent\*\*\n\nThe sign was wrong in/);
  expect((await orch.progress(taskId)).finish).toMatchObject({
    decisions: ["The name stays"],
    interfaces: ["add(a, b)"],
    followUps: ["There is no test for negative numbers"],
  });
  expect((await orch.progress(taskId)).said).toBe("add.js is repaired");
  await expect.poll(() => readdirSync(join(orch.dir, "data/host/talk")), { timeout: 20_000 }).toEqual([]);
}, 180_000);

test("a checkpoint that it asks for is there at once", async () => {
  orch = await startOrch({
    agent: "asks",
    agents: {
      asks: {
        kind: "plain",
        command: [
          "sh",
          "-c",
          "cat >/dev/null; echo half >half.txt; orch-agent checkpoint 'half of it'; orch-agent checkpoint 'again' 2>&1; sleep 600",
        ],
        ...{ env: {}, passEnv: [], readable: [] },
      },
    },
  });
  const { taskId } = await orch.command("/orch fix the tests");
  const { lastLines } = (await orch.task(taskId, ({ runs }) => /ask again/.test(runs.at(-1)?.progress.lastLines ?? "")))
    .runs[0]?.progress ?? { lastLines: "" };
  expect(lastLines).toContain("Put aside: 0 commits, and 1 file that differs from what you began with.");
  expect(lastLines).toMatch(/only \d+ seconds ago/);
  expect(findCheckpoints(join(orch.dir, "data"))).toEqual([expect.objectContaining({ taskId, files: 1 })]);
  await orch.command("/orch cancel");
  expect(await orch.settled(taskId)).toMatchObject({ kind: "cancelled" });
});

test("without a sandbox as well; and the repository's own programs are told of no socket", async () => {
  const verify = 'test -z "$ORCH_SOCKET" && ! command -v orch-agent && node --test';
  orch = await startOrch({
    agent: "talks-back",
    sandbox: "none",
    repositoryFile: `verify: ${JSON.stringify(verify)}\n`,
  });
  await orch.letGo();
  const { taskId } = await orch.command("/orch fix the tests");
  expect((await finished(taskId)).title).toBe("Add instead of subtracting");
  expect(existsSync(join(orch.dir, "data/host/agent-bin/orch-agent"))).toBe(true);
  expect(readFileSync(join(orch.dir, "data/host/agent-bin/orch-agent"), "utf8")).toMatch(/^#!\/usr\/bin\/perl/);
});
