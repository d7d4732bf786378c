/** A repository says what makes its workspace ready, and the operator what that may reach. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Orch, startOrch } from "../support/orch.ts";

const IGNORE = { ".gitignore": "deps\n" };

describe("a setup command", () => {
  let orch: Orch;
  beforeAll(async () => {
    orch = await startOrch({ agent: "fixes", setup: { egress: "listed" } });
  });
  afterAll(() => orch.close());

  test("makes the workspace ready for agent and check; what it changes in the repository's files is nobody's work", async () => {
    const setup = "mkdir deps && echo ready >deps/ready && echo more >>README.md && echo left >stray.txt";
    const place = await orch.place({ agent: "fixes", setup, verify: "cat deps/ready && node --test" }, IGNORE);
    const { taskId } = await orch.command("/orch fix the tests", place);
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    const [pull] = orch.simulator.state.pulls(place.repository);
    expect((await orch.store.read(taskId))?.pushed).toMatchObject({ files: 1 });
    expect(pull?.pull.draft).toBe(true);
  });

  test("that fails ends the task before an agent costs anything, and the comment says what it printed", async () => {
    const setup = "echo no such package; exit 3";
    const place = await orch.place({ agent: "fixes", setup, verify: "node --test" }, IGNORE);
    const { taskId } = await orch.command("/orch fix the tests", place);
    expect(await orch.told(taskId)).toMatchObject({ kind: "agent_failed", reason: "setup", exitCode: 3 });
    const comment = await orch.progressComment(/setup command failed before the agent started/, place);
    expect(comment).toContain("no such package");
    expect(comment).toContain("Fix `setup` in `.github/orch.yml`");
    expect(await orch.agentOutput(taskId)).toBe("");
  });

  test("reaches what the operator lets it, whatever agents may", async () => {
    const ask = "printf 'GET http://registry.invalid/ HTTP/1.0\\r\\n\\r\\n'";
    const setup = `${ask} | socat -t 10 STDIO "TCP4:\${http_proxy#http://},shut-none" | grep -q 'Orch blocked'`;
    const place = await orch.place({ agent: "fixes", setup, verify: "node --test" }, IGNORE);
    const { taskId } = await orch.command("/orch fix the tests", place);
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect(await orch.progressComment(/registry\.invalid:80/, place)).toContain("egress `open`");
  });
});
