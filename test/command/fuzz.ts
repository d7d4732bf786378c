/**
 * Comments made at random, read by us and by a second reader (`compare.ts`), or by us alone where the second one does not know what
 * is in them. `npm run fuzz` is the long suite: ten million comments on all cores, every disagreement with the seed that makes it.
 */
import { availableParallelism } from "node:os";
import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { type Command, MAX_COMMANDS, parseCommands } from "../../src/command/command.ts";
import { disagreement } from "./compare.ts";
import { makeComments } from "./random-comments.ts";

/** Of so many comments of one seed. A disagreement can be repeated with its seed alone. */
export const ROUND = 50_000;
const SHOWN = 10;

export type Fuzzed = { comments: number; commands: number; wrong: string[] };

/** `times`: takes how long each comment took us, ns. */
export function fuzz(seed: number, count: number, times?: RecordableHistogram): Fuzzed {
  // Every other comment is for us alone.
  const [known, any] = [makeComments(seed, { known: true }), makeComments(seed, { known: false })];
  const found: Fuzzed = { comments: count, commands: 0, wrong: [] };
  for (let index = 0; index < count; index++) {
    const isKnown = index % 2 === 0;
    const body = isKnown ? known() : any();
    const told = judge(body, isKnown, found, times);
    if (told !== undefined && found.wrong.length < SHOWN) found.wrong.push(`${JSON.stringify(body)} ${told}`);
  }
  return found;
}

/** What is wrong with our reading of it. */
function judge(body: string, isKnown: boolean, found: Fuzzed, times?: RecordableHistogram): string | undefined {
  try {
    const start = process.hrtime.bigint();
    const commands = parseCommands(body);
    times?.record(process.hrtime.bigint() - start + 1n);
    found.commands += commands.length;
    return outOfOrder(body, commands) ?? (isKnown ? disagreement(body, commands) : undefined);
  } catch (error) {
    return `throws ${error}`;
  }
}

/** Whatever a comment holds, its commands are its lines, each once and in order. */
function outOfOrder(body: string, commands: readonly Command[]): string | undefined {
  const lines = body.split(/\r\n|\n|\r/);
  if (commands.length > MAX_COMMANDS + 1) return "has too many commands";
  const isWrong = commands.some(
    ({ line }, index) => line <= (commands[index - 1]?.line ?? 0) || !/orch/i.test(lines[line - 1] ?? ""),
  );
  return isWrong ? "has commands where none are" : undefined;
}

type Round = { seed: number };
type Answer = Fuzzed & { seed: number; times: RecordableHistogram };

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { comments: { type: "string" }, seed: { type: "string" } } });
  const rounds = Math.ceil(Number(values.comments ?? 10_000_000) / ROUND);
  const first = Number(values.seed ?? Date.now() % 1_000_000_000);
  process.stdout.write(`${rounds * ROUND} comments, seeds ${first} to ${first + rounds - 1}\n`);
  const times = createHistogram();
  let [next, commands, wrong] = [0, 0, 0];
  const hear = (answer: Answer) => {
    commands += answer.commands;
    wrong += answer.wrong.length;
    times.add(answer.times);
    for (const each of answer.wrong) process.stdout.write(`seed ${answer.seed}: ${each}\n`);
  };
  const thread = async () => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { fuzzes: true } });
    try {
      while (next < rounds) hear(await ask(worker, { seed: first + next++ }));
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, thread));
  const [half, most, all] = [50, 99, 100].map((percent) => `${(times.percentile(percent) / 1e6).toFixed(3)} ms`);
  process.stdout.write(`${commands} commands. A comment takes ${half} (p50), ${most} (p99), ${all} (longest).\n`);
  process.stdout.write(wrong === 0 ? "Both readings agree.\n" : `${wrong} disagreements.\n`);
  return wrong === 0 ? 0 : 1;
}

async function ask(worker: Worker, round: Round): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  worker.once("error", reject);
  worker.once("message", resolve);
  worker.postMessage(round);
  return await promise.finally(() => worker.removeListener("error", reject));
}

if (!isMainThread && (workerData as { fuzzes?: unknown } | null)?.fuzzes === true)
  parentPort?.on("message", ({ seed }: Round) => {
    const times = createHistogram();
    parentPort?.postMessage({ seed, ...fuzz(seed, ROUND, times), times });
  });
else if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main();
