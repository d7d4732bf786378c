/** comment → agent process: the whole of Orch against one shell that does the two unavoidable things. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Benchmark, Options, Report } from "../bench.ts";
import { median, round } from "../statistics.ts";
import type { RepositoryWithIssue } from "../system/github.ts";
import { type System, startSystem } from "../system/system.ts";
import { openDuties } from "./duties.ts";
import { openRaw } from "./raw.ts";
import { readStages, STAGES, type Stage } from "./stages.ts";
import { readStamp, stampScript } from "./stamp.ts";

const SIZES = [
  { files: 500, atMost: 1.25, fewer: 1 },
  { files: 10_000, atMost: 1.1, fewer: 2 },
] as const;

/** What is done at once instead of in turn pays for the queue, the record and the sandbox's further layers. */
const SAME_DUTIES = 1;

type Round = { raw: number; duties: number; orch: number; stages: Record<Stage, number> };

export const start: Benchmark = {
  name: "start",
  title: "comment → agent process, against git worktree add + tmux new-session in one shell",
  rounds: 9,
  run: measure,
};

async function measure({ rounds, say }: Options): Promise<Report> {
  // It fails, so that its folder is kept and its times can be read.
  const system = await startSystem({ agent: ["/bin/sh", "-c", `${stampScript}; exit 1`], slots: 1 });
  const results = new Map<number, Round[]>();
  try {
    for (const { files, fewer } of SIZES) {
      say(`${files} files: making the repository`);
      const repository = await system.github.create({ name: `files-${files}`, files });
      await startOnce(system, repository); // the first start clones the mirror
      const mirror = join(system.dataDir, "host", "mirrors", `${repository.id}.git`);
      const raw = openRaw(join(system.dir, `raw-${files}`), mirror);
      const duties = await openDuties(join(system.dir, `duties-${files}`), mirror, system.github, repository);
      const sides = { raw: () => raw.start(), duties: () => duties.start(), orch: () => startOnce(system, repository) };
      try {
        await raw.start();
        await duties.start();
        results.set(files, await alternate({ rounds: Math.ceil(rounds / fewer), say }, repository.name, sides));
      } finally {
        raw.stop();
        duties.stop();
      }
    }
    return report(results, system.dir);
  } finally {
    await system.stop();
  }
}

type Sides = {
  raw(): Promise<number>;
  duties(): Promise<number>;
  orch(): Promise<Omit<Round, "raw" | "duties">>;
};

/** Each round begins with another side. */
async function alternate({ rounds, say }: Options, name: string, sides: Sides): Promise<Round[]> {
  const results: Round[] = [];
  for (let turn = 0; turn < rounds; turn++) {
    say(`${name}, round ${turn + 1} of ${rounds}`);
    const measured: Partial<Round>[] = [];
    const turns = [
      async () => measured.push({ raw: await sides.raw() }),
      async () => measured.push(await sides.orch()),
      async () => measured.push({ duties: await sides.duties() }),
    ];
    for (let index = 0; index < turns.length; index++) await turns[(turn + index) % turns.length]?.();
    results.push(Object.assign({}, ...measured) as Round);
  }
  return results;
}

async function startOnce(system: System, repository: RepositoryWithIssue): Promise<Omit<Round, "raw" | "duties">> {
  const { taskId, at } = await system.command(repository);
  // Nothing is listened to before: whoever measures must not take the processor from what is measured.
  const agentAt = await readStamp(join(system.dataDir, "host", "runs", `${taskId}-1`, "agent-1", "stdout"));
  await system.until(taskId, ({ state }) => state.name === "settled");
  await Promise.all([system.quiet(), system.slotsFree()]);
  return { orch: agentAt - at, stages: await readStages(system, taskId, { sentAt: at, agentAt }) };
}

function report(results: ReadonlyMap<number, Round[]>, dir: string): Report {
  const middle = (files: number, value: (round: Round) => number) => median((results.get(files) ?? []).map(value));
  const columns = SIZES.map(({ files }) => files);
  const rows = (names: readonly [string, (round: Round) => number][]) =>
    names.map(([name, value]) => [name, ...columns.map((files) => round(middle(files, value)))]);
  const heading = ["", ...columns.map((files) => `${files} files`)];
  return {
    counted: [
      "Orch: from GitHub's sending of the webhook to the agent's first action, with everything between: signature, inbox, permission and issue asked of GitHub, task, job, token and where the branches stand (nothing new), workspace, prompt, tmux session, sandbox.",
      "The same duties: Probot's client asks GitHub the same, then the yardstick's shell with its program in a bubblewrap; no webhook, record, queue, user of its own or self-test, and nothing that would survive anything.",
      "Yardstick: from starting one shell to the same program's first action; its tmux server runs already.",
      `Same commit, same file system (${fileSystemOf(dir)}), same program, nothing warmed up or prepared ahead. GitHub is the simulator on loopback: a real one adds its network round trips.`,
      "Rounds alternate; ratios are taken within each round; medians.",
    ],
    tables: [
      {
        title: "milliseconds",
        rows: [
          heading,
          ...rows([
            ["yardstick", ({ raw }) => raw],
            ["the same duties", ({ duties }) => duties],
            ["orch", ({ orch }) => orch],
          ]),
        ],
      },
      {
        title: "where Orch's time goes, ms",
        rows: [heading, ...rows(STAGES.map((stage) => [stage, ({ stages }) => stages[stage]]))],
      },
    ],
    figures: SIZES.flatMap(({ files, atMost }) => [
      {
        name: `${files} files: against the yardstick`,
        value: middle(files, ({ orch, raw }) => orch / raw),
        unit: "×",
        goal: { atMost },
      },
      {
        name: `${files} files: against the same duties`,
        value: middle(files, ({ orch, duties }) => orch / duties),
        unit: "×",
        goal: { atMost: SAME_DUTIES },
      },
    ]),
  };
}

/** The type of the mount that holds the folder: the longest mount point that is a beginning of its path. */
function fileSystemOf(dir: string): string {
  const mounts = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "));
  const holding = mounts.filter(([, point = "?"]) => point === "/" || `${dir}/`.startsWith(`${point}/`));
  const [, , type] = holding.sort(([, one = ""], [, other = ""]) => other.length - one.length)[0] ?? [];
  return type ?? "unknown file system";
}
