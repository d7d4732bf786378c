/** `orch status`: who needs you, hosts, queue, open tasks, what GitHub takes; and what of this machine's work Redis says nothing of. */
import { join } from "node:path";
import type { Redis } from "ioredis";
import type { Env } from "../src/config.ts";
import { dataDirOf } from "../src/data-dir.ts";
import { readBudgets } from "../src/task/github-budget.ts";
import { sayInDoubt, type TasksInDoubt } from "../src/task/in-doubt.ts";
import type { Load } from "../src/task/queue.ts";
import type { TaskStore } from "../src/task/store.ts";
import { bytes, duration } from "../src/text/amounts.ts";
import { inTerminal } from "../src/text/quote.ts";
import { type HostWithRuns, hosts as hostsView } from "../src/views/hosts.ts";
import { keptTasks } from "../src/views/kept-tasks.ts";
import { isRecent, type Need, needsMe } from "../src/views/needs-me.ts";
import { byNews } from "../src/views/tasks.ts";
import { type Why, why } from "../src/views/why.ts";
import { budgetWords, stalledTitle, stalledWords } from "../src/words/github-words.ts";
import { strainWords } from "../src/words/limit-words.ts";
import { needWords } from "../src/words/need-words.ts";
import { nextStep } from "../src/words/next-step.ts";
import { findKeptRuns, type KeptRun } from "../workers/run/kept-runs.ts";
import { hostIdOf } from "./host-id.ts";
import { look as lookAtSchedules, summary } from "./schedules.ts";
import { onScreen } from "./screen.ts";
import { toWidth } from "./table.ts";
import { taskLine } from "./task-line.ts";
import { UsageError } from "./usage-error.ts";
import { viewsOf } from "./views-of.ts";
import { withRedis } from "./with-redis.ts";

/** Of the tasks that ended and need somebody, so many are looked at, and so many lines are shown. */
const ENDED = 1_000;
const NEEDS_SHOWN = 20;
/** All that is kept is looked through each time. */
const WATCH_MS = 3_000;

type Seen = Awaited<ReturnType<typeof look>>;

export type StatusOptions = { json?: boolean; watch?: boolean };

/** Exit code 0; 1 when no host is alive although tasks wait. Throws UsageError. */
export async function status(env: Env, { json = false, watch = false }: StatusOptions): Promise<number> {
  if (watch) return await watchStatus(env, json);
  const seen = await withRedis(env, "status", (redis) => look(redis, env));
  const { hosts, depth, answers, needs, inDoubt, kept, schedules, budgets, untold } = seen;
  if (json) {
    const tasks = answers.map(({ task }) => task);
    const known = { needsMe: needs, hosts, queue: depth, tasks, inDoubt: Object.fromEntries(inDoubt), kept };
    const notTold = untold.map(({ task, stalled }) => ({ task: task.spec.id, ...stalled }));
    const onGitHub = { github: budgets, notTold };
    const said = { ...known, ...onGitHub, schedules: schedules.schedules, unusableFiles: schedules.unusable };
    process.stdout.write(`${JSON.stringify(said)}\n`);
  } else process.stdout.write(`${render(seen).join("\n")}\n`);
  return answers.length > 0 && !hosts.some((host) => host.alive) ? 1 : 0;
}

/** The same, always as it is now. */
async function watchStatus(env: Env, json: boolean): Promise<number> {
  if (json || !process.stdout.isTTY || !process.stdin.isTTY)
    throw new UsageError("-w is for a terminal: leave it out, and ask again when you want to know");
  await withRedis(env, "status", (redis) =>
    onScreen(
      async () => {
        const lines = render(await look(redis, env));
        return (width) => lines.map((line) => toWidth(line, width));
      },
      { everyMs: WATCH_MS },
    ),
  );
  return 0;
}

async function look(redis: Redis, env: Env) {
  const dataDir = dataDirOf(env);
  const { store, queue, views } = viewsOf(redis);
  const now = Date.now();
  const [around, depth, ended, kept, schedules, budgets, untold] = await Promise.all([
    views.around(),
    queue.depth(),
    keptTasks(redis, store, { fits: (task) => isRecent(task, now), limit: ENDED }),
    keptHere(store, dataDir),
    lookAtSchedules(redis),
    readBudgets(redis, now),
    store.stalledReports(),
  ]);
  return {
    hosts: hostsView(around),
    answers: around.tasks.toSorted(byNews).map((task) => why(task, around)),
    needs: needsMe(ended.tasks, await views.withEnds(around, ended.tasks)),
    depth,
    inDoubt: around.inDoubt,
    kept,
    schedules: { ...schedules, now },
    budgets,
    untold,
    now,
  };
}

/** Only the user of this machine's worker host can read its folders; the rest is for everybody. */
async function keptHere(store: TaskStore, dataDir: string): Promise<KeptRun[]> {
  try {
    return await findKeptRuns(store, dataDir, hostIdOf(join(dataDir, "host")) ?? "");
  } catch {
    return [];
  }
}

function render(seen: Seen): string[] {
  const { hosts, answers, needs, depth, inDoubt, kept, schedules, budgets, untold, now } = seen;
  const ahead = summary(schedules);
  return [
    ...renderNeeds(needs, inDoubt, now),
    `Hosts (${hosts.length})`,
    ...hosts.map((host) => `  ${describeHost(host, now)}`),
    `Queue: ${describeLoad(depth)}`,
    ...Object.entries(depth.lanes)
      .filter(([, load]) => load.waiting + load.active > 0)
      .map(([name, load]) => `  ${name}  ${describeLoad(load)}`),
    `Open tasks (${answers.length})`,
    ...answers.flatMap((answer) => describeTask(answer, now)),
    ...(ahead === undefined ? [] : [ahead]),
    ...(untold.length > 0 ? [stalledTitle(untold.length)] : []),
    ...untold.map(({ task, stalled }) => `  ${stalledWords(task, stalled, now)}`),
    ...(budgets.length > 0 ? ["GitHub"] : []),
    ...budgets.map((budget) => `  ${budgetWords(budget, now)}`),
    ...(kept.length > 0 ? [`Work on this machine that no record tells of (${kept.length})`] : []),
    ...kept.map(describeKept),
  ];
}

/** Records in doubt are told of kind by kind: what to do is the same for all of a kind. */
function renderNeeds(needs: readonly Need[], inDoubt: TasksInDoubt, now: number): string[] {
  if (needs.length === 0) return [];
  const others = needs.filter(({ kind }) => kind !== "in_doubt").map((need) => needWords(need, now, inTerminal));
  const doubts = sayInDoubt(inDoubt).flatMap(({ what, remedy }) => [what, `  ${remedy}`]);
  const left = others.length - NEEDS_SHOWN;
  const lines = [
    ...doubts,
    ...[...inDoubt].map(([task, doubt]) => `  ${task}  ${doubt}`),
    ...others.slice(0, NEEDS_SHOWN),
    ...(left > 0 ? [`… and ${left} more: orch status --json`] : []),
  ];
  return [`Needs you (${needs.length}); \`orch why TASK\` says more`, ...lines.map((line) => `  ${line}`)];
}

function describeHost(host: HostWithRuns, now: number): string {
  const beat = host.alive ? "alive" : `silent for ${duration(now - host.lastBeat)}`;
  const draining = host.draining ? ["draining"] : [];
  const slots = `${host.busy}/${host.slots} slots busy`;
  const notes = [slots, `sandbox ${host.sandbox}`, host.agents.join(", "), ...draining, ...roomNotes(host)];
  return `${host.id}  ${host.name}  ${beat}  ${notes.join(" · ")}`;
}

function roomNotes({ lacksRoom, strained }: HostWithRuns): string[] {
  const disk = lacksRoom && `${bytes(lacksRoom.freeBytes)} free on its disk, ${bytes(lacksRoom.wantedBytes)} wanted`;
  const lacks = [...(disk ? [disk] : []), ...(strained ? [strainWords(strained)] : [])];
  return lacks.length > 0 ? [`takes no task: ${lacks.join("; ")}`] : [];
}

const describeLoad = ({ waiting, active }: Load) => `${waiting} waiting, ${active} at work`;

/** What it waits for stands below it. Those in the queue all wait for the same. */
function describeTask(answer: Why, now: number): string[] {
  const waits = answer.state === "waiting" ? [`    ${nextStep(answer, inTerminal)}`] : [];
  return [`  ${taskLine(answer.task, now)}`, ...waits];
}

function describeKept({ task, record, workspace, folder }: KeptRun): string {
  return `  ${task}  record ${record}  ${workspace}/tree and ${folder}`;
}
