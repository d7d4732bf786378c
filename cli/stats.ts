/** `orch stats`: what came of tasks, what it cost and how long it took, from the history that this machine keeps. */
import type { Env } from "../src/config.ts";
import { dataDirOf, historyFileOf } from "../src/data-dir.ts";
import { GROUPS, type Group } from "../src/history/groups.ts";
import { readHistory } from "../src/history/read-history.ts";
import { readStats, type Stats } from "../src/history/stats.ts";
import { dollars, duration } from "../src/text/amounts.ts";
import { bare } from "../src/text/quote.ts";
import { isThere } from "./is-there.ts";
import { refuse } from "./refuse.ts";
import { sinceOf } from "./since.ts";
import { table } from "./table.ts";
import { UsageError } from "./usage-error.ts";

/** As they were typed. */
export type StatsOptions = { by?: string; since?: string; json?: boolean };

const SINCE = "30d";
/** Of names, in characters: a repository's with its owner is the longest. */
const NAME = 140;

/** Exit code 0, also when nothing was over in that time; 1 where no history is kept. Throws UsageError. */
export async function stats(env: Env, options: StatsOptions): Promise<number> {
  const now = Date.now();
  const since = new Date(sinceOf(options.since ?? SINCE, now)).toISOString().slice(0, 10);
  const query = { by: groupsOf(options.by ?? "agent"), since, now };
  const path = historyFileOf(dataDirOf(env));
  if (!isThere(path))
    return refuse(
      `There is no history in ${dataDirOf(env)}: a bot writes it there, unless ORCH_HISTORY is off.`,
      options,
    );
  const found = readHistory(path, (db) => readStats(db, query));
  if (options.json) process.stdout.write(`${JSON.stringify(found)}\n`);
  else print(found, query.by);
  return 0;
}

function groupsOf(text: string): Group[] {
  const names = Object.keys(GROUPS) as Group[];
  return [...new Set(text.split(",").map((part) => part.trim()))].map((part) => {
    const known = names.find((name) => name === part);
    if (!known) throw new UsageError(`--by takes some of: ${names.join(", ")}, with commas between`);
    return known;
  });
}

function print({ since, groups, days, recoveries, hosts, spenders }: Stats, by: readonly Group[]): void {
  const heading = [...by.map((group) => group.toUpperCase()), ...HEADING];
  const rows = groups.map((group) => [
    ...by.map((name) => bare(group.of[name] ?? "", NAME) || "-"),
    ...groupFields(group),
  ]);
  section("group", "What came of tasks", heading, rows);
  const perDay = days.map((each) => [
    each.day,
    ...[each.pullRequests, each.noChanges, each.failed, each.couldNotRun, each.others].map(String),
  ]);
  section("day", "By day", ["DAY", "PULL REQUEST", "NO CHANGES", "WORK FAILED", "COULD NOT RUN", "OTHER"], perDay);
  section(
    "host",
    "By worker host",
    ["HOST", "RUNS", "AT WORK", "SLOTS TAKEN"],
    hosts.map(({ host, runs, busyMs, busySlots }) => [
      bare(host, NAME),
      String(runs),
      duration(busyMs),
      busySlots.toFixed(2),
    ]),
  );
  const spent = Object.entries(spenders).flatMap(([of, all]) =>
    all.map(({ name, costUsd }) => [of, bare(name, NAME), dollars(costUsd)]),
  );
  section("spender", "Most spent", ["OF", "NAME", "COST"], spent);
  const { hostRestarts, lostRuns, takenUp } = recoveries;
  const said = `Recoveries: ${hostRestarts} by a host that restarted, ${lostRuns} runs lost and begun anew, ${takenUp} taken up.`;
  process.stderr.write(
    groups.length > 0 ? `${said} Since ${since}, days by UTC.\n` : `No task was over since ${since}.\n`,
  );
}

const HEADING = [
  "TASKS",
  "MERGED (90 %)",
  "CI GREEN (90 %)",
  "COST",
  "PER MERGE",
  "TO PULL REQUEST p50/p95",
  "IN QUEUE p50/p95",
  "ROUNDS",
];

function groupFields(group: Stats["groups"][number]): string[] {
  const { tasks, merged, mergeRate, ciGreen, ciRate } = group;
  const { costUsd, costUnknown, costPerMerged, toPullRequest, queued, verifyRounds } = group;
  const percent = (share: number) => Math.round(share * 100);
  const share = (count: number, rate: typeof ciRate) =>
    rate ? `${count} (${percent(rate.from)}–${percent(rate.to)} %)` : "-";
  const times = (of: typeof queued) => (of ? `${duration(of.p50)} / ${duration(of.p95)}` : "-");
  return [
    String(tasks),
    share(merged, mergeRate),
    share(ciGreen, ciRate),
    costUsd === 0 && costUnknown > 0 ? "unknown" : `${dollars(costUsd)}${costUnknown > 0 ? "+" : ""}`,
    costPerMerged === undefined ? "-" : dollars(costPerMerged),
    times(toPullRequest),
    times(queued),
    verifyRounds === null ? "-" : String(verifyRounds),
  ];
}

/** For a person a heading above each; for a program each row begins with what it is of. */
function section(kind: string, title: string, heading: readonly string[], rows: readonly string[][]): void {
  if (rows.length === 0) return;
  const width = process.stdout.isTTY ? process.stdout.columns || 80 : undefined;
  const named = rows.map((row) => (width === undefined ? [kind, ...row] : row));
  const lines = table(heading, named, width).join("\n");
  process.stdout.write(width === undefined ? `${lines}\n` : `${title}\n${lines}\n\n`);
}
