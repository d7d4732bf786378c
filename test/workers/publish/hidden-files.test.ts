import { expect, test } from "vitest";
import { areDependencies, hiddenFiles } from "../../../workers/publish/hidden-files.ts";
import { startRemote } from "../workspace/support.ts";
import { startRun } from "./support.ts";

/** What is hidden once the agent has done what the script says, committed. */
async function hiddenAfter(script: string, ignored = "lib/\nnode_modules/\n*.log\n") {
  const run = await startRun({ remote: await startRemote({ "a.txt": "1\n", ".gitignore": ignored }) });
  run.agent(script);
  await run.commitLeftovers();
  const { tip } = await run.collect();
  const { workspace, mirror, driver, confinement } = run;
  return hiddenFiles({ tip, workspace, mirror, driver, confinement });
}

test("files that a .gitignore hides are listed, those of dependencies as their outermost folder, after the others", async () => {
  const hidden = await hiddenAfter(`
    mkdir -p lib/deep node_modules/x/node_modules/y packages/p/node_modules; echo 1 > lib/deep/plus.js; echo 1 > a.log
    echo 1 > node_modules/x/i.js; echo 1 > node_modules/x/node_modules/y/i.js; echo 1 > packages/p/node_modules/z`);
  expect(hidden).toEqual({
    paths: ["a.log", "lib/deep/plus.js", "node_modules/", "packages/p/node_modules/"],
    more: 0,
  });
  expect(areDependencies(hidden ?? { paths: [], more: 1 })).toBe(false);
});

test("dependencies alone are nothing that somebody forgot", async () => {
  const hidden = await hiddenAfter("mkdir -p node_modules/x; echo 1 > node_modules/x/i.js");
  expect(hidden && areDependencies(hidden)).toBe(true);
});

test("only a .gitignore hides, and what is committed is not hidden", async () => {
  expect(
    await hiddenAfter(`
    mkdir -p lib ../repo.git/info; echo 1 > lib/plus.js; git add -f lib/plus.js
    echo other.js >> ../repo.git/info/exclude; echo 1 > other.js`),
  ).toBeUndefined();
});

test("names are bounded in number and length, and no control characters", async () => {
  const hidden = await hiddenAfter(`
    for n in $(seq 30); do echo 1 > "$n.log"; done; echo 1 > "$(printf 'a\\033[31m\\nb')$(printf 'x%.0s' $(seq 220)).log"`);
  expect(hidden?.paths).toHaveLength(20);
  expect(hidden?.more).toBe(11);
  expect(Math.max(...(hidden?.paths ?? []).map(({ length }) => length))).toBeLessThanOrEqual(200);
  expect(hidden?.paths.join("")).not.toMatch(/\p{Cc}/u);
});
