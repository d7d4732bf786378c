/**
 * `npm run bench`: Orch's speed, memory and idle load on this machine, each beside what it is compared with. Prints; asserts
 * nothing. `npm run bench -- ingress start` runs single ones, `--rounds N` more or fewer rounds, `--json` for machines.
 */
import { cpus, loadavg, release } from "node:os";
import { Argument, Command, InvalidArgumentError } from "commander";
import { answer } from "./answer.ts";
import { type Benchmark, meets } from "./bench.ts";
import { checkpoint } from "./checkpoint.ts";
import { dashboard } from "./dashboard/dashboard.ts";
import { dispatch } from "./dispatch.ts";
import { exit } from "./exit.ts";
import { github } from "./github.ts";
import { history } from "./history.ts";
import { idle } from "./idle.ts";
import { ingress } from "./ingress/ingress.ts";
import { integrate } from "./integrate.ts";
import { live } from "./live/live.ts";
import { messages } from "./messages.ts";
import { network } from "./network/network.ts";
import { renderReport } from "./render.ts";
import { seeing } from "./seeing.ts";
import { start } from "./start/start.ts";
import { tab } from "./tab/tab.ts";
import { talk } from "./talk/talk.ts";
import { teams } from "./teams.ts";

const BENCHMARKS: readonly Benchmark[] = [
  ingress,
  dispatch,
  start,
  exit,
  checkpoint,
  integrate,
  network,
  talk,
  answer,
  github,
  live,
  messages,
  teams,
  dashboard,
  tab,
  history,
  seeing,
  idle,
];

type Chosen = { rounds?: number; json?: boolean };

async function bench(names: readonly string[], { rounds, json }: Chosen): Promise<void> {
  const chosen = BENCHMARKS.filter(({ name }) => names.length === 0 || names.includes(name));
  const say = (line: string) => void (process.stderr.isTTY && process.stderr.write(`  … ${line}\n`));
  const machine = describeMachine();
  if (!json) process.stdout.write(`${Object.values(machine).join(" · ")}\n\n`);
  for (const benchmark of chosen) {
    const load = loadavg()[0] ?? 0;
    const startedAt = performance.now();
    const report = await benchmark.run({ rounds: rounds ?? benchmark.rounds, say });
    const seconds = Math.round((performance.now() - startedAt) / 1_000);
    if (json) {
      const figures = report.figures.map((figure) => ({ ...figure, met: meets(figure) }));
      process.stdout.write(
        `${JSON.stringify({ name: benchmark.name, ...machine, load, seconds, ...report, figures })}\n`,
      );
    } else {
      process.stdout.write(`${renderReport(benchmark, report)}  (${seconds} s; load before: ${load.toFixed(1)})\n\n`);
    }
  }
}

function describeMachine() {
  const [cpu] = cpus();
  return {
    at: new Date().toISOString(),
    machine: `${cpus().length} × ${cpu?.model.trim() ?? "unknown"}`,
    kernel: `Linux ${release()}`,
    node: `Node ${process.version}`,
  };
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("a whole number from 1 on");
  return value;
}

const names = new Argument("[names...]", "which ones; default: all").choices(BENCHMARKS.map(({ name }) => name));
await new Command("bench")
  .description(BENCHMARKS.map(({ name, title }) => `${name}: ${title}`).join("\n"))
  .addArgument(names)
  .option("--rounds <n>", "rounds of each", positive)
  .option("--json", "one line of JSON per benchmark")
  .action(bench)
  .parseAsync();
