/** What a setup command made goes from one workspace to another by way of the host's folder, with real programs and users. */
import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { expect, test } from "vitest";
import { parseOperatorFile } from "../../../workers/operator-file.ts";
import { clearSetups, clearSetupsOf } from "../../../workers/setups/clear-setups.ts";
import { keepSetup, takeSetup } from "../../../workers/setups/setup-cache.ts";
import { setupFolder } from "../../../workers/setups/setup-folder.ts";
import { setupKey } from "../../../workers/setups/setup-key.ts";
import { startRun } from "../publish/support.ts";
import { startRemote } from "../workspace/support.ts";

const log = pino({ level: "silent" });
const KEY = "0123456789abcdef0123456789abcdef01234567";
const OWNER = { repositoryId: 5, key: KEY };

async function twoRuns(files: Record<string, string> = { "a.txt": "1\n", ".gitignore": "deps/\n*.log\n" }) {
  const remote = await startRemote(files);
  const one = await startRun({ remote, taskId: "tone" });
  const { workspace, mirror, driver, confinement, base } = one;
  const place = { tip: base, workspace, mirror, driver, confinement };
  const dataDir = one.host.dataDir;
  return { one, place, dataDir, remote };
}

/** The same workspace, emptied of all that is not its commit's. */
const SETUP = `
  mkdir -p deps/inner; echo lib > deps/inner/lib.js; ln -s inner/lib.js deps/link; chmod 700 deps/inner
  printf '#!/bin/sh\\n' > deps/tool; chmod 755 deps/tool; echo 1 > x.log
  mkdir -p ../home/.tool ../home/.npm; echo tool > ../home/.tool/t; chmod 600 ../home/.tool/t; echo big > ../home/.npm/big`;
const CLEAN = "rm -rf deps x.log ../home/.tool ../home/.npm";

test("ignored files and the home are kept and given back, as copies that belong to the host", async () => {
  const { one, place, dataDir } = await twoRuns();
  one.agent(SETUP);
  await keepSetup(dataDir, OWNER, place);
  const kept = setupFolder(dataDir, OWNER);
  const file = join(kept, "tree/deps/inner/lib.js");
  expect(readFileSync(file, "utf8")).toBe("lib\n");
  expect(statSync(file)).toMatchObject({ nlink: 1, uid: process.getuid?.() });
  expect(statSync(kept).mode & 0o022).toBe(0);
  expect(existsSync(join(kept, "tree/a.txt"))).toBe(false);
  one.agent(CLEAN);
  expect(await takeSetup(dataDir, OWNER, place)).toBe(true);
  expect(one.agent("cat deps/link ../home/.tool/t x.log; ls -A ../home; test -x deps/tool && echo runs")).toBe(
    "lib\ntool\n1\n.tool\nruns",
  );
  // What it is given is its own to change.
  one.agent("echo changed > deps/inner/lib.js");
  expect(readFileSync(file, "utf8")).toBe("lib\n");
  expect(globSync(join(dataDir, "host/setups/.*"))).toEqual([]);
});

test("one that cannot be copied whole leaves nothing, and the setup runs", async () => {
  const { one, place, dataDir } = await twoRuns();
  one.agent(SETUP);
  await keepSetup(dataDir, OWNER, place);
  one.agent(`${CLEAN}; echo file > deps`);
  expect(await takeSetup(dataDir, OWNER, place)).toBe(false);
  expect(one.agent("ls -A . ../home")).not.toMatch(/deps|x\.log|tool/);
  expect(await takeSetup(dataDir, { ...OWNER, key: KEY.replace("0", "1") }, place)).toBe(false);
});

test("what is for one task alone goes with it; others go when they are too old or take too much room", async () => {
  const { one, place, dataDir } = await twoRuns();
  one.agent(SETUP);
  const [older, mine] = [
    { ...OWNER, key: KEY.replace("0", "a") },
    { ...OWNER, taskId: "tmine" },
  ];
  for (const owner of [older, OWNER, mine]) await keepSetup(dataDir, owner, place);
  await clearSetupsOf(dataDir, "tmine");
  const present = () => [older, OWNER, mine].map((owner) => existsSync(setupFolder(dataDir, owner)));
  expect(present()).toEqual([true, true, false]);
  const clear = (limits: string) =>
    clearSetups({
      dataDir,
      log,
      operator: parseOperatorFile(`agents: { a: { kind: plain, command: [a] } }\nlimits: { ${limits} }`, "orch.yml"),
    });
  utimesSync(join(setupFolder(dataDir, older), "meta.json"), 1_000, 1_000);
  await clear("keepSetupDays: 1");
  expect(present()).toEqual([false, true, false]);
  await clear("setupGigabytes: 0");
  expect(present()).toEqual([false, false, false]);
});

test("two commits share a setup while what it reads is the same, and never when it may read everything", async () => {
  const files = { "a.txt": "1\n", "package.json": '{"name":"a"}' };
  const { one, place } = await twoRuns(files);
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", one.quarantine.dir, ...args], { encoding: "utf8" }).trim();
  one.agent("echo 2 > a.txt; git commit -qam other");
  const { tip: changed } = await one.collect();
  one.agent(`echo '{"name":"b"}' > package.json; git commit -qam manifest`);
  const { tip: manifest } = await one.collect();
  expect(git("cat-file", "-t", changed)).toBe("commit");
  const keys = (command: string[]) =>
    Promise.all(
      [place.tip, changed, manifest].map((sha) =>
        setupKey({ repositoryDir: one.quarantine.dir, sha, command, kind: "bwrap" }),
      ),
    );
  const [base, same, other] = await keys(["npm", "ci"]);
  expect(same).toEqual(base);
  expect(other?.name).not.toBe(base?.name);
  const all = await keys(["make", "deps"]);
  expect(new Set(all.map(({ name }) => name)).size).toBe(3);
  expect(all.every(({ ofAll }) => ofAll)).toBe(true);
});
