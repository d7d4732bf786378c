import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { expect, test } from "vitest";
import { tipOf } from "../../../../workers/integrate/plan-repository.ts";
import { readShown } from "../../../../workers/run/node/read-shown.ts";
import { startPlan } from "../../integrate/support.ts";

const warned: string[] = [];
const log = pino({ level: "warn" }, { write: (line: string) => void warned.push(line) });

test("a node's agent is shown files as they are where it begins, with what was merged by then, and nothing that a link leads to", async () => {
  const plan = startPlan({ "src/a.js": "a\n", "long.txt": "x".repeat(20_000), "image.bin": "\0\0" });
  const changes = plan.work("one", (dir) => {
    symlinkSync("/etc/passwd", join(dir, "link.js"));
    symlinkSync("src", join(dir, "folder"));
  });
  await plan.merge(changes);
  await plan.merge(plan.work("two", { "src/b.js": "b\n" }));
  const reads = ["src/a.js", "src/b.js", "link.js", "folder/a.js", "src", "long.txt", "image.bin", "none.js"];
  const shown = await readShown({ log }, { reads }, { mirror: plan.borrowed, sha: tipOf(plan.store) });
  expect(shown.map(({ path }) => path)).toEqual(reads);
  expect(shown.flatMap(({ path, text }) => (text === undefined ? [] : [[path, text]]))).toEqual([
    ["src/a.js", "a\n"],
    ["src/b.js", "b\n"],
  ]);
  expect(warned).toEqual([]);
});

test("a path that git cannot make anything of is told of in the log, and the agent begins without it", async () => {
  const { borrowed, base } = startPlan({ "a.js": "a\n" });
  const shown = await readShown({ log }, { reads: ["../../etc/passwd", "a.js"] }, { mirror: borrowed, sha: base });
  expect(shown.map(({ text }) => text)).toEqual([undefined, "a\n"]);
  expect(warned).toHaveLength(1);
});
