/**
 * `npm run test:chaos`: random campaigns against a whole Orch, one with one bot and one with two. Prints its seeds, what was done
 * to it and how its tasks ended; exit code 1 where something does not hold. `npm run test:chaos -- --seed N --bots 2` repeats one.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { type Campaign, type Plan, runCampaign } from "./campaign.ts";
import type { Tally } from "./tally.ts";

/** For each task; with the default of tasks well over 300. */
const FAULTS_PER_TASK = 1.6;
const DEFAULT_TASKS = 120;
const DEFAULT_TEAMS = 8;
const MINUTE = 60_000;

type Chosen = { tasks: number; teams: number; seed?: number; bots?: "1" | "2"; minutes: number };

const say = (line: string) => void process.stdout.write(`${line}\n`);

async function chaos({ tasks, teams, seed = Date.now() % 1_000_000_000, bots, minutes }: Chosen): Promise<void> {
  for (const count of bots === undefined ? ([1, 2] as const) : [bots === "1" ? (1 as const) : (2 as const)]) {
    const faults = Math.ceil(tasks * FAULTS_PER_TASK);
    say(`seed ${seed}, bots: ${count}, ${tasks} tasks, ${faults} faults`);
    const plan: Plan = {
      ...{ seed, tasks, teams, faults, bots: count, longestMs: minutes * MINUTE, say: (line) => say(`  … ${line}`) },
      ...{ endsWithinMs: 10 * MINUTE, longestFreezeMs: 40_000, restMs: 5_000 },
    };
    const startedAt = performance.now();
    const campaign = await runCampaign(plan);
    tell(campaign, plan, Math.round((performance.now() - startedAt) / 1_000));
  }
}

function tell(
  { asked, seen, faults, ownEnds, ends, wrong, logs }: Campaign,
  { seed, bots, tasks, teams }: Plan,
  seconds: number,
): void {
  say(`\n${table("faults", faults)}\n\n${table("ends of tasks", ends)}\n`);
  if (ownEnds.total() > 0) say(`${table("programs that ended by themselves", ownEnds)}\n`);
  if (asked < tasks) say(`The time was over when ${asked} of ${tasks} tasks had been asked for.`);
  say(
    `${asked} tasks, ${seen} runs whose agent was seen, ${faults.total()} faults, ${seconds} s: ${wrong.length === 0 ? "all holds" : "NOT all holds"}.\n`,
  );
  if (wrong.length === 0) return;
  process.exitCode = 1;
  for (const each of wrong) say(`- ${each}`);
  const dir = mkdtempSync(join(tmpdir(), "orch-chaos-"));
  for (const [name, log] of Object.entries(logs)) writeFileSync(join(dir, `${name}.log`), log);
  say(`\nRepeat it with --seed ${seed} --bots ${bots} --tasks ${tasks} --teams ${teams}. The logs are in ${dir}.\n`);
}

function table(title: string, tally: Tally): string {
  const rows: [string, number][] = [...tally.rows(), ["together", tally.total()]];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [title, ...rows.map(([name, count]) => `  ${name.padEnd(width)} ${String(count).padStart(5)}`)].join("\n");
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError("a whole number from 1 on");
  return value;
}

await new Command("test:chaos")
  .description("Random faults against a whole Orch, and whether everything has come to its end.")
  .option("--tasks <n>", "tasks of a campaign", wholeNumber, DEFAULT_TASKS)
  .option("--teams <n>", "every so many tasks one is a team's", wholeNumber, DEFAULT_TEAMS)
  .option("--seed <n>", "of what is chosen at random; default: another one each time", wholeNumber)
  .addOption(new Option("--bots <n>", "how many bots; default: one campaign with each").choices(["1", "2"]))
  .option("--minutes <n>", "longest time for the faults of a campaign", wholeNumber, 45)
  .action(chaos)
  .parseAsync();
