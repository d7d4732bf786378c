/**
 * `orch cancel TASK`, `orch cancel --all`: stops tasks that are not over, as `/orch cancel` does. What their agents had made is kept as a
 * checkpoint. Who did it stands in each task's comment.
 */
import { pino } from "pino";
import { cancelTasks, openTasks } from "../src/cancel.ts";
import type { Env } from "../src/config.ts";
import { count } from "../src/text/amounts.ts";
import { consent, operatorName } from "./consent.ts";
import { noteDeed } from "./note-deed.ts";
import { oneTask } from "./one-task.ts";
import { UsageError } from "./usage-error.ts";
import { viewsOf } from "./views-of.ts";
import { withRedis } from "./with-redis.ts";

export type CancelOptions = { all?: boolean; yes?: boolean; json?: boolean };

/** Exit code 0 when something was cancelled, or was about to be already; 1 when there was nothing, or it was declined. */
export async function cancel(env: Env, text: string | undefined, options: CancelOptions): Promise<number> {
  if ((text === undefined) === (options.all !== true)) throw new UsageError("name one task, or say --all");
  return await withRedis(env, "cancel", async (redis) => {
    const { store, queue } = viewsOf(redis);
    const found = text === undefined ? { ids: await openTasks(store, () => true) } : await oneTask(redis, text);
    if ("lines" in found) return refuse(found.lines, options);
    const over = "task" in found && found.task.state.name === "settled";
    const ids = "ids" in found ? found.ids : over ? [] : [found.task.spec.id];
    if (ids.length === 0)
      return refuse([over ? "That task is over already: `orch why` says how it ended." : "No task is open."], options);
    const question = ids.length === 1 ? `Cancel ${ids[0]}?` : `Cancel ${count(ids.length, "task")}?`;
    if (!(await consent(question, options))) return 1;
    const deps = { store, queue, now: Date.now, log: pino({ level: "silent" }) };
    await cancelTasks(deps, ids, { kind: "by_operator", by: operatorName(env) });
    const after = await store.readMany(ids);
    const cancelled = after
      .filter(({ cancel: asked, state }) => asked || isCancelled(state))
      .map(({ spec }) => spec.id);
    await noteDeed(redis, env, { verb: "cancel", done: cancelled.length > 0, tasks: ids });
    const came = "ids" in found ? await openTasks(store, ({ spec }) => !ids.includes(spec.id)) : [];
    say({ cancelled, came }, options);
    return cancelled.length > 0 ? 0 : 1;
  });
}

const isCancelled = (state: { name: string; outcome?: { kind: string } }): boolean =>
  state.name === "settled" && state.outcome?.kind === "cancelled";

function refuse(lines: readonly string[], { json }: CancelOptions): number {
  if (json) process.stdout.write(`${JSON.stringify({ error: lines.join("\n") })}\n`);
  else process.stderr.write(`${lines.join("\n")}\n`);
  return 1;
}

/** `came`: what was asked for while all that was open was cancelled. */
function say(
  { cancelled, came }: { cancelled: readonly string[]; came: readonly string[] },
  { all, json }: CancelOptions,
): void {
  if (json) return void process.stdout.write(`${JSON.stringify({ cancelled, ...(all && { came }) })}\n`);
  if (cancelled.length === 0)
    process.stderr.write("Too late: what was to be cancelled is pushed, or ended by itself meanwhile.\n");
  for (const id of cancelled)
    process.stdout.write(`${id}  cancelled; a running agent is being stopped (orch why ${id})\n`);
  if (came.length > 0)
    process.stderr.write(
      `${count(came.length, "task")} came meanwhile: ${came.join(", ")}. \`orch pause\` keeps what comes from starting; then the same again.\n`,
    );
}
