import { appendFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeWitness } from "./witness.ts";

test("an agent that begins twice in one run is noticed, also when the run's folder is gone; one in a later run is none", async () => {
  const dir = await mkdtemp(join(tmpdir(), "orch-witness-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const witness = makeWitness(dir);
  const begins = async (run: string) => {
    const folder = join(dir, "data/host/runs", run, "agent-1");
    await mkdir(folder, { recursive: true });
    await appendFile(join(folder, "stdout"), "I begin\n");
    witness.look();
  };
  await begins("tone-1");
  await begins("tone-2");
  await begins("tother-1");
  await begins("tother-1");
  await rm(join(dir, "data"), { recursive: true });
  witness.look();
  expect(witness.seen()).toBe(3);
  expect(witness.startedTwice("tone")).toEqual([]);
  expect(witness.startedTwice("tother")).toEqual(["its agent was started 2 times in run tother-1"]);
});
