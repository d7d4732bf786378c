/** What choosing saves, in a world whose truth is known: four agents, of which each merged change costs something else. */
import { expect, test } from "vitest";
import type { ArmCounts } from "../../src/history/arms.ts";
import { type Draw, drawsFor } from "../../src/routing/draws.ts";
import { route } from "../../src/routing/route.ts";
import { armCounts } from "./arm-counts.ts";

/** `share`: of its tasks that are merged; `cost`: of one task, US dollars. The best costs $1.14 for each that is merged. */
const TRUTH: Record<string, { share: number; cost: number }> = {
  claude: { share: 0.7, cost: 1.6 },
  codex: { share: 0.55, cost: 0.627 },
  gemini: { share: 0.4, cost: 0.9 },
  other: { share: 0.12, cost: 1.8 },
};
const AGENTS = Object.keys(TRUTH);
const WORK = { repositoryId: 11, kind: "issue", size: "small" };
/** How many tasks later a merge is known. */
const DELAY = 40;

/** US dollars for each merged change of so many tasks, after each of `at`; `explore` undefined: each agent in turn. */
function spend(seed: string, explore: number | undefined, at: readonly number[]): number[] {
  const chance: Draw = drawsFor(seed);
  const counts = new Map(
    AGENTS.map((agent) => [agent, armCounts({ agent, tasks: 0, merged: 0, pending: 0, costUsd: 0, costed: 0 })]),
  );
  const undecided: { agent: string; merged: boolean }[] = [];
  let [cost, merged] = [0, 0];
  const found: number[] = [];
  for (let nth = 1; nth <= Math.max(...at); nth++) {
    const agent =
      explore === undefined ? AGENTS[nth % AGENTS.length] : choose(`${seed}/${nth}`, explore, [...counts.values()]);
    const truth = TRUTH[agent ?? "claude"];
    const arm = counts.get(agent ?? "claude");
    if (!truth || !arm) throw new Error("an agent that is not there was chosen");
    const spent = truth.cost * (0.5 + chance());
    const isMerged = chance() < truth.share;
    // The check tells apart what people will merge, mostly: so it is with the half that an open one counts.
    const isOpen = isMerged || chance() < 0.2;
    arm.tasks += 1;
    arm.costed += 1;
    arm.costUsd += spent;
    arm.pending += isOpen ? 1 : 0;
    if (isOpen) undecided.push({ agent: arm.agent, merged: isMerged });
    if (undecided.length > DELAY) decide(counts, undecided.shift());
    cost += spent;
    merged += isMerged ? 1 : 0;
    if (at.includes(nth)) found.push(cost / merged);
  }
  return found;
}

const choose = (seed: string, explore: number, counts: readonly ArmCounts[]): string | undefined =>
  route({ seed, rules: { mode: "route", explore }, work: WORK, arms: AGENTS.map((agent) => ({ agent })), counts })
    .chosen;

function decide(counts: ReadonlyMap<string, ArmCounts>, pull: { agent: string; merged: boolean } | undefined): void {
  const arm = pull && counts.get(pull.agent);
  if (!arm) return;
  arm.pending -= 1;
  arm.merged += pull.merged ? 1 : 0;
}

const AT = [100, 200, 1_000];
const WORLDS = 20;
function mean(explore: number | undefined): number[] {
  const all = Array.from({ length: WORLDS }, (_, nth) => spend(`world ${nth}`, explore, AT));
  return AT.map((_, column) => all.reduce((sum, each) => sum + (each[column] ?? 0), 0) / WORLDS);
}

test("agents that are chosen cost far less for each merged change than agents in turn, and ever less", () => {
  const [inTurn = 0] = mean(undefined).slice(-1);
  const [soon = 0, later = 0, atLast = 0] = mean(1);
  expect(inTurn).toBeGreaterThan(2.5);
  expect(soon).toBeLessThan(0.75 * inTurn);
  expect(later).toBeLessThan(0.65 * inTurn);
  expect(atLast).toBeLessThan(0.5 * inTurn);
});

test("also where few tasks may explore", () => {
  const [, , atLast = 0] = mean(0.1);
  expect(atLast).toBeLessThan(0.65 * 2.5);
});
