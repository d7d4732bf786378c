/**
 * `orch audit TASK`: one report of a task: who asked, what was decided by whom, runs, costs, checks, what the network refused, what was pushed. Of
 * several tasks: how the others differ from the first.
 */
import type { Env } from "../src/config.ts";
import { type Deed, makeDeeds } from "../src/task/deeds.ts";
import { count, dollars, duration } from "../src/text/amounts.ts";
import { inTerminal } from "../src/text/quote.ts";
import {
  type Audit,
  audit as auditOf,
  type DeedView,
  type Difference,
  differences,
  type RunAudit,
} from "../src/views/audit.ts";
import { spentWords } from "../src/words/spent-words.ts";
import { runWords } from "../src/words/why-words.ts";
import { oneTask } from "./one-task.ts";
import { refuse } from "./refuse.ts";
import { table } from "./table.ts";
import { taskLine } from "./task-line.ts";
import { viewsOf } from "./views-of.ts";
import { withRedis } from "./with-redis.ts";

export type AuditOptions = { json?: boolean };

/** Exit code 0 with a report of each; 1 where a text fits no task, or several. */
export async function audit(env: Env, texts: readonly string[], options: AuditOptions): Promise<number> {
  return await withRedis(env, "audit", async (redis) => {
    const { store, views } = viewsOf(redis);
    const { hosts, now } = await views.around();
    const deeds = makeDeeds(redis);
    const reports: Audit[] = [];
    for (const text of texts) {
      const found = await oneTask(redis, text);
      if ("lines" in found) return refuse(found.lines.join("\n"), options);
      const { id } = found.task.spec;
      const [events, done] = await Promise.all([store.events(id), deeds.ofTask(id)]);
      reports.push(auditOf(found.task, { events, hosts, deeds: done.map(deedView) }));
    }
    const differ = differences(reports);
    if (options.json) process.stdout.write(`${JSON.stringify({ reports, differences: differ, now })}\n`);
    else
      process.stdout.write(
        `${(texts.length > 1 ? diff(reports, differ, now) : reports.flatMap((each) => report(each, now))).join("\n")}\n`,
      );
    return 0;
  });
}

const deedView = ({ at, by, via, verb, done }: Deed): DeedView => {
  return { at, by: by.name, via, what: done ? verb : `${verb}, in vain,` };
};

const time = (at: number): string => new Date(at).toISOString();

function report(of: Audit, now: number): string[] {
  const used = spentWords(of.spent);
  const { pushed } = of;
  return [
    taskLine(of.task, now),
    "Decisions",
    ...of.decisions.map(({ at, what, by, via, detail }) => {
      const how = via ? ` (${via})` : "";
      return `  ${time(at)}  ${what} by ${by}${how}${detail ? `: ${detail}` : ""}`;
    }),
    ...(of.deeds.length > 0 ? ["Deeds"] : []),
    ...of.deeds.map(({ at, by, via, what }) => `  ${time(at)}  ${what} by ${by} (${via})`),
    ...(of.runs.length > 0 ? ["Runs", ...of.runs.flatMap((run) => runLines(run, now))] : []),
    ...(used ? [`Used: ${used}.`] : []),
    ...(pushed
      ? [
          `Pushed: ${pushed.branch} at ${pushed.sha.slice(0, 12)}: ${count(pushed.commits, "commit")}, ${count(pushed.files, "file")}, +${pushed.additions} -${pushed.deletions}`,
        ]
      : []),
    ...(of.tookMs === undefined ? [] : [`From request to end: ${duration(of.tookMs)}`]),
    "Timeline",
    ...of.timeline.map(
      ({ at, what, detail }) => `  ${time(at)}  ${what.replaceAll("_", " ")}${detail === "" ? "" : `: ${detail}`}`,
    ),
  ];
}

function runLines(run: RunAudit, now: number): string[] {
  const { network, costUsd } = run;
  return [
    `  ${runWords(run, now, inTerminal)}${costUsd === undefined ? "" : `, ${dollars(costUsd)}`}`,
    ...(network ? [`    network ${network.egress}, ${count(network.blocked, "connection")} refused`] : []),
    ...(network?.places ?? []).map((place) => `      ${place}`),
  ];
}

/** On a terminal with a heading; through a pipe fields between tabs. */
function diff(reports: readonly Audit[], differ: readonly Difference[], now: number): string[] {
  const width = process.stdout.isTTY ? process.stdout.columns || 80 : undefined;
  const rows = differ.map(({ field, values }) => [field, ...values.map((value) => shown(field, value))]);
  const heading = ["FIELD", ...reports.map(({ task }) => task.id)];
  if (width === undefined) return table(heading, [heading, ...rows]);
  const same = rows.length === 0 ? ["They do not differ."] : table(heading, rows, width);
  return [...reports.map(({ task }) => taskLine(task, now)), ...same];
}

function shown(field: string, value: string | number | null): string {
  if (typeof value !== "number") return value ?? "-";
  if (field === "costUsd") return dollars(value);
  return field === "tookMs" ? duration(value) : String(value);
}
