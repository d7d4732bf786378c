/** The part of `npm run test:container` that runs in namespaces of its own: builds the image, then tests without a network. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { buildImage } from "./build-image.ts";

const [dir = "", ...args] = process.argv.slice(2);
execFileSync("mount", ["-t", "tmpfs", "-o", "mode=755,size=4g", "tmpfs", dir]);
// crun refuses machines on which both generations of cgroups are mounted, although it is to leave them alone.
if (!existsSync("/sys/fs/cgroup/cgroup.controllers"))
  execFileSync("mount", ["-t", "cgroup2", "none", "/sys/fs/cgroup"]);
const start = performance.now();
const say = (text: string) =>
  console.error(`test:container: ${text} (${((performance.now() - start) / 1_000).toFixed(1)} s)`);
buildImage(join(dir, "image"), say);
say("the image is there");
const vitest = ["node_modules/vitest/vitest.mjs", "run", "--project", "container", ...args];
const { status } = spawnSync("unshare", ["--net", process.execPath, ...vitest], {
  stdio: "inherit",
  env: { ...process.env, ORCH_TEST_CONTAINER: dir },
});
process.exit(status ?? 1);
