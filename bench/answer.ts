/** A person's answer → its agent works again, in the same session and on the same host. */
import { join } from "node:path";
import type { Benchmark, Options, Report } from "./bench.ts";
import { readStamp, stampScript } from "./start/stamp.ts";
import { median, quantile, round } from "./statistics.ts";
import { startSystem } from "./system/system.ts";

/** Asks, ends its turn without an answer, and writes down the time when it is asked to go on with one. */
const ASKING = `
cat >"$HOME/asked"
echo '{"type":"session","sessionId":"s-1"}'
if grep -q '^> the first$' "$HOME/asked"; then ${stampScript}; exit 1; fi
timeout 1 orch-agent ask "Which one?" >/dev/null 2>&1
echo '{"type":"final","ok":true,"text":"I wait."}'`;
const ASKS = { kind: "jsonl", command: ["/bin/sh", "-c", ASKING] };

export const answer: Benchmark = {
  name: "answer",
  title: "a person's answer → the agent goes on",
  rounds: 15,
  run: measure,
};

async function measure({ rounds, say }: Options): Promise<Report> {
  const system = await startSystem({ agent: ["/bin/false"], agents: { asks: ASKS }, slots: 1 });
  try {
    const extra = { ".github/orch.yml": "agent: asks\n" };
    const times: number[] = [];
    for (let turn = 0; turn <= rounds; turn++) {
      say(`round ${turn} of ${rounds}`);
      const repository = await system.github.create({ name: `asked-${turn}`, files: 10, extra });
      const { taskId } = await system.command(repository);
      await system.until(taskId, ({ state }) => state.name === "waiting" && state.reasons[0]?.for === "answer");
      await system.quiet();
      const { at } = await system.github.comment(repository, "/orch answer the first");
      const wentOnAt = await readStamp(join(system.dataDir, "host", "runs", `${taskId}-1`, "agent-2", "stdout"));
      await system.until(taskId, ({ state }) => state.name === "settled");
      await system.slotsFree();
      if (turn > 0) times.push(wentOnAt - at); // the first one compiles code
    }
    return report(times);
  } finally {
    await system.stop();
  }
}

function report(times: readonly number[]): Report {
  return {
    counted: [
      `${times.length} questions, one at a time, each of an agent in the sandbox that ended its turn without an answer, so that its run was parked.`,
      "From GitHub's sending of the comment with the answer to the first action of the agent that goes on. In between: the person's permission is asked, the answer is recorded, the task dispatched, its job taken, a token made, and the sandbox started.",
    ],
    tables: [
      {
        title: "milliseconds",
        rows: [
          ["", "p50", "p90", "max"],
          ["answered → goes on", ...[0.5, 0.9, 1].map((q) => round(quantile(times, q)))],
        ],
      },
    ],
    figures: [{ name: "answered → goes on: p50", value: median(times), unit: "ms", goal: { atMost: 2_000 } }],
  };
}
