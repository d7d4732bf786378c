import { describe, expect, test } from "vitest";
import { branchNameProblem, isBranchName } from "../../../workers/workspace/branch-name.ts";
import { fetchRefs } from "../../../workers/workspace/fetch-refs.ts";
import { BranchUnusable } from "../../../workers/workspace/git-errors.ts";
import { asAgent, git, startHost, startRemote } from "./support.ts";

/** The longest that GitHub takes: 255 bytes with `refs/heads/`. */
const LONGEST = 244;

describe("a branch's name", () => {
  test.each(["main", "fix/a-b_c.d", "fix/$(id);x", "größe/ä", "50%", "@me", "release/refs/1", "x".repeat(LONGEST)])(
    "%s can be worked on",
    (name) => {
      expect(branchNameProblem(name)).toBeUndefined();
    },
  );

  test.each([
    ["refs/heads/z", /begins with `refs\/`/],
    ["x".repeat(251), /too long: 251 bytes/],
    ["ä".repeat(126), /too long: 252 bytes/],
    ["a/".repeat(80) + "b".repeat(11), /too long: 331 bytes, where a slash counts as three/],
    ["", /does not accept/],
    ["@", /does not accept/],
    ["--upload-pack=x", /does not accept/],
    ["a..b", /does not accept/],
    ["a b", /does not accept/],
    ["a\nb", /does not accept/],
    ["a*", /does not accept/],
    ["a//b", /does not accept/],
    ["a/.b", /does not accept/],
    ["a.lock/b", /does not accept/],
    ["\ud800", /does not accept/],
  ])("%j cannot", (name, problem) => {
    expect(branchNameProblem(name)).toMatch(problem);
    expect(isBranchName(name)).toBe(false);
  });

  test.each([
    ["in one piece", "x".repeat(LONGEST)],
    ["with many slashes", `${"a/".repeat(30)}${"b".repeat(100)}`],
  ])("%s fits every file", async (_what, name) => {
    const remote = await startRemote();
    const host = await startHost(remote);
    const sha = remote.commit({ "a.txt": "1\n" }, name);
    expect(await fetchRefs(host.mirror, remote.access, [name])).toEqual({ [name]: sha });
    const workspace = await host.create("tabc", name, sha);
    expect(workspace.branch).toBe(name);
    const say = "git -c user.name=a -c user.email=a@b commit -q --allow-empty -m more; git branch --show-current";
    expect(asAgent(workspace.treeDir, say)).toBe(name);
  });

  test("that cannot be worked on is told in a sentence with a way out", async () => {
    const remote = await startRemote();
    const host = await startHost(remote);
    git(remote.bare, "update-ref", "refs/heads/refs/heads/z", host.main);
    const refusal = await fetchRefs(host.mirror, remote.access, ["main", "refs/heads/z"]).catch((error) => error);
    expect(refusal).toBeInstanceOf(BranchUnusable);
    expect(refusal.message).toMatch(
      /^The branch `refs\/heads\/z` has a name that begins .* Push the same commits to a/,
    );
    const long = await fetchRefs(host.mirror, remote.access, ["é".repeat(140)]).catch((error) => error);
    expect(long.message).toMatch(/^The branch `é{60}…` has a name that is too long/);
  });
});
