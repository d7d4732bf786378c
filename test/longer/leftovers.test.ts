/**
 * Work that an agent left in a state in which it cannot be published: it is told of it as of a failing check, and what it puts
 * right is published; what it does not, the comment names. One Orch for all.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { progressOf } from "../../src/task/task.ts";
import { type Orch, startOrch } from "../support/orch.ts";

const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${"a".repeat(64)}\nsize 4\n`;
const FILES = { ".gitattributes": "*.png filter=lfs\n", "logo.png": POINTER };

describe("what an agent leaves behind", () => {
  let orch: Orch;
  beforeAll(async () => {
    orch = await startOrch();
  });
  afterAll(() => orch.close());

  async function ask(request: string, files: Record<string, string> = FILES) {
    const place = await orch.place({ agent: "leaves-behind", verify: "node --test" }, files);
    const { taskId } = await orch.command(`/orch ${request}`, place);
    return { place, taskId, outcome: await orch.told(taskId) };
  }

  test.each([
    "leave a branch",
    "leave a stash",
    "leave a rebase",
    "leave a merge",
    "leave a clone",
    "leave a worktree",
    "leave a link",
    "leave a dump",
    "leave a picture",
    "leave marks",
  ])("an agent that is told of what stands in the way gets its pull request: %s", async (request) => {
    const { place, taskId, outcome } = await ask(request);
    expect(outcome).toMatchObject({ kind: "pull_request" });
    const task = await orch.store.read(taskId);
    expect(task && progressOf(task).verification).toMatchObject({ exitCode: 0, rounds: 1 });
    const branch = task?.pushed?.branch ?? "";
    const at = (path: string) => orch.simulator.state.fileAt(place.repository, branch, path);
    expect(at("add.js")).toContain("a + b");
    expect(at("core")).toBeUndefined();
    expect(at("logo.png")).toBe(POINTER);
    expect(at("README.md")).not.toMatch(/<<<<|>>>>/);
  });

  test.each([
    ["leave a branch", "Nothing is on the branch that Orch publishes, but the agent left work elsewhere"],
    ["leave a rebase", "The agent left a rebase that is not finished, with conflicts in"],
    ["leave a dump", "more than 10 MB of new content"],
    ["leave a picture", "in Git LFS, and the agent committed the content itself"],
  ])("the comment names what the agent does not put right: %s", async (request, words) => {
    const { place, outcome } = await ask(`${request} for good`);
    expect(outcome).toMatchObject({ kind: "refused", reason: expect.stringContaining(words) });
    const comment = await orch.progressComment(/Not published/, place);
    expect(comment).toContain(words);
    expect(comment).toContain("The agent was asked twice to fix this, and did not.");
    expect(await orch.progressComment(/What the agent made, .* is kept on the worker host/, place)).toContain(words);
    expect(Object.keys(orch.simulator.state.branches(place.repository))).toEqual(["main"]);
  });

  test("350 files with an honest change are published at once", async () => {
    const many = Object.fromEntries(Array.from({ length: 350 }, (_, index) => [`src/${index}.js`, "export {};\n"]));
    const { place, taskId, outcome } = await ask("change many files", many);
    expect(outcome).toMatchObject({ kind: "pull_request" });
    const pushed = (await orch.store.read(taskId))?.pushed;
    expect(pushed).toMatchObject({ files: 351 });
    const changed = orch.simulator.state.fileAt(place.repository, pushed?.branch ?? "", "src/0.js");
    expect(changed).toBe("export {};\n// licence\n");
  });

  test("a merge of the base into a pull request that conflicts with it lets it be merged", async () => {
    const { repository } = await orch.place({ agent: "leaves-behind" });
    const commit = (branch: string, text: string) =>
      orch.simulator.commit(repository, branch, { "README.md": text }, "Change the readme", "maintainer");
    await commit("topic", "topic\n");
    const main = await commit("main", "main\n");
    const pull = { as: "maintainer", title: "Readme", head: "topic", base: "main" };
    const { number } = await orch.simulator.openPull(repository, pull);
    await expect(orch.simulator.mergePull(repository, number, { as: "maintainer" })).rejects.toThrow();
    const { taskId } = await orch.command("/orch merge main and resolve the conflicts", { repository, number });
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request", number });
    expect((await orch.store.read(taskId))?.pushed).toMatchObject({ commits: 1, files: 1 });
    expect(orch.simulator.state.log(repository, "topic").map(({ sha }) => sha)).toContain(main);
    await orch.simulator.mergePull(repository, number, { as: "maintainer" });
    expect(orch.simulator.state.fileAt(repository, "main", "README.md")).toBe("topic and main\n");
  });
});
