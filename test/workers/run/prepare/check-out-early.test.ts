import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkOutEarly, readFilesEarly } from "../../../../workers/run/prepare/check-out-early.ts";
import { fetchRefs, knownTip } from "../../../../workers/workspace/fetch-refs.ts";
import { openMirror } from "../../../../workers/workspace/mirror.ts";
import { slotUser, startHost, startRemote, temporaryFolder } from "../../workspace/support.ts";

const options = { base: "main", taskId: "tabc", branch: "orch/7-tabc", user: slotUser, seenAt: undefined };

test("the workspace stands at the fetched tip although an earlier one was checked out meanwhile", async () => {
  const remote = await startRemote({ "a.txt": "old\n" });
  const host = await startHost(remote);
  const sha = remote.commit({ "a.txt": "new\n" });
  expect(knownTip(host.mirror, "main")).toBe(host.main);
  const { workspace } = await checkOutEarly(
    { ...options, ...host },
    "main",
    fetchRefs(host.mirror, remote.access, ["main"]),
  ).checkedOut;
  expect(workspace.baseSha).toBe(sha);
  expect(readFileSync(join(workspace.treeDir, "a.txt"), "utf8")).toBe("new\n");
});

test("nothing waits for the fetch but the answer", async () => {
  const host = await startHost(await startRemote());
  const fetch = Promise.withResolvers<Record<string, string>>();
  const early = checkOutEarly({ ...options, ...host }, "main", fetch.promise);
  const readme = join(host.dataDir, "host", "workspaces", "tabc", "tree", "README.md");
  await expect.poll(() => existsSync(readme)).toBe(true);
  fetch.resolve({ main: host.main });
  expect((await early.checkedOut).workspace.baseSha).toBe(host.main);
});

test("a repository that this host never fetched is checked out after the fetch", async () => {
  const remote = await startRemote();
  const dataDir = temporaryFolder();
  const mirror = openMirror(dataDir, 42);
  const { workspace } = await checkOutEarly(
    { ...options, dataDir, mirror },
    "main",
    fetchRefs(mirror, remote.access, ["main"]),
  ).checkedOut;
  expect(existsSync(join(workspace.treeDir, "README.md"))).toBe(true);
});

test("an early tip that could not be checked out gives way to a workspace that was made anew, and that is said", async () => {
  const deep = `${Array.from({ length: 70 }, () => "d").join("/")}/file`;
  const remote = await startRemote({ [deep]: "deep\n" });
  const host = await startHost(remote);
  const fetched = () => fetchRefs(host.mirror, remote.access, ["main"]);
  const { checkedOut } = checkOutEarly({ ...options, ...host }, "main", fetched());
  await expect(checkedOut).rejects.toThrow("deep");
  remote.commit({ [deep]: undefined, "a.txt": "new\n" });
  const { workspace, laid } = await checkOutEarly({ ...options, ...host }, "main", fetched()).checkedOut;
  expect(laid).toBe(false);
  expect(readFileSync(join(workspace.treeDir, "a.txt"), "utf8")).toBe("new\n");
});

test("a fetch that fails is told when the checkout is still, so that it can be cleared away", async () => {
  const host = await startHost(await startRemote());
  const failed = checkOutEarly({ ...options, ...host }, "main", Promise.reject(new Error("access denied")));
  await expect(failed.checkedOut).rejects.toThrow("access denied");
  expect(existsSync(join(host.dataDir, "host", "workspaces", "tabc.json"))).toBe(true); // written last of all
});

test("a file is read as the fetch left it, not as it was before", async () => {
  const remote = await startRemote({ "rules.yml": "old\n" });
  const host = await startHost(remote);
  const read = () => {
    const fetch = fetchRefs(host.mirror, remote.access, ["main"]);
    return readFilesEarly(host.mirror, { branch: "main", paths: ["rules.yml", "rules.yaml"], maxBytes: 100 }, fetch)
      .found;
  };
  expect(await read()).toEqual([{ path: "rules.yml", text: "old\n" }]);
  remote.commit({ "rules.yml": "new\n" });
  expect(await read()).toEqual([{ path: "rules.yml", text: "new\n" }]);
  remote.commit({ "rules.yml": undefined });
  expect(await read()).toEqual([]);
});
