/** Whoever merges is killed, at whichever instruction: each node is merged once or not yet, and what the branch stands on is there. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { Delivery } from "../../../workers/integrate/merge-nodes.ts";
import { readIntegrated, tipOf } from "../../../workers/integrate/plan-repository.ts";
import { randomFrom } from "../../support/random.ts";
import { git } from "../workspace/support.ts";
import { PLAN, type PlanHere, startPlan } from "./support.ts";

const KILLS = Number(process.env.ORCH_KILLS ?? 25);
const SEED = Number(process.env.ORCH_SEED ?? Date.now() % 1_000_000);
const NODES = 5;
const FILE = fileURLToPath(new URL("./integrating.ts", import.meta.url));
const { below } = randomFrom(SEED);

/** Runs it until it is killed so many ms after it began, or is done; false when it was killed. */
async function runFor(ms: number | undefined, dataDir: string, deliveries: readonly Delivery[]): Promise<boolean> {
  const given = JSON.stringify({ dataDir, plan: PLAN, deliveries });
  const child = spawn(process.execPath, [FILE, given], { stdio: ["ignore", "pipe", "inherit"] });
  const exit = once(child, "exit");
  await Promise.race([once(createInterface(child.stdout), "line"), exit]);
  if (ms !== undefined) setTimeout(() => child.kill("SIGKILL"), ms);
  const [code, signal] = await exit;
  if (signal === null) expect(code).toBe(0);
  return signal === null;
}

/** Five nodes that fit, each with a file of its own and a line of a common one; the last one conflicts with the first. */
function makeWork(plan: PlanHere): Delivery[] {
  const lines = (node: number) => Array.from({ length: 40 }, (_, at) => (at === node * 8 ? `node ${node}` : `${at}`));
  const works = Array.from({ length: NODES }, (_, node) =>
    plan.work(`n${node}`, { "a.txt": `${lines(node).join("\n")}\n`, [`own-${node}`]: "x\n" }),
  );
  return [...works, plan.work("same", { "a.txt": `${lines(0).join("\n")}\n`.replace("node 0", "another") })];
}

test(`${KILLS} kills of whoever merges lose no node and merge none twice (ORCH_SEED=${SEED})`, {
  timeout: 240_000,
}, async () => {
  for (let kills = 0; kills < KILLS; ) {
    const start = `${Array.from({ length: 40 }, (_, at) => at).join("\n")}\n`;
    const plan = startPlan({ "a.txt": start });
    const works = makeWork(plan);
    for (let isDone = false; !isDone; ) {
      isDone = await runFor(kills < KILLS ? below(250) : undefined, plan.dataDir, works);
      if (!isDone) kills += 1;
      const bare = `--git-dir=${plan.store.dir}`;
      expect(git(plan.store.dir, bare, "fsck", "--no-dangling", "--connectivity-only", tipOf(plan.store))).toBe("");
      const merged = (await readIntegrated(plan.store, tipOf(plan.store))).map(({ node }) => node);
      expect(merged).toEqual(works.slice(0, merged.length).map(({ node }) => node));
    }
    expect((await readIntegrated(plan.store, tipOf(plan.store))).map(({ node }) => node)).toEqual(
      works.slice(0, NODES).map(({ node }) => node),
    );
    for (let node = 0; node < NODES; node++) expect(plan.show(`own-${node}`)).toBe("x");
  }
});
