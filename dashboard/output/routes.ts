/**
 * What the programs of a task print, for whoever may write to its repository: a part of it as bytes, and a stream that follows it. Each event of the
 * stream says where it ends, so a browser that comes back goes on exactly there.
 */
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { MAX_PIECE, type Position, parsePosition, positionText } from "../../src/task/output.ts";
import type { Task } from "../../src/task/task.ts";
import { isTaskId } from "../../src/task/task-id.ts";
import type { Answer, DashboardRoute, EventStream, ServerEvent, Visit } from "../visit.ts";
import { followOutput, type OutputNews } from "./follow-output.ts";
import { type Output, type OutputDeps, outputOf } from "./output.ts";

/** With more waiting for a viewer nothing more is taken for it. When it has caught up, it goes on at the end. */
const MAX_PENDING = 256 * 1024;
const LOOK_AGAIN_MS = 100;

const NOTHING: Answer = { kind: "nothing" };

const whole = z
  .string()
  .regex(/^\d{1,12}$/)
  .transform(Number);
const queryShape = z.object({
  run: whole.optional(),
  step: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,39}$/)
    .optional(),
  from: whole.optional(),
  until: whole.optional(),
});

export function outputRoutes(deps: OutputDeps): DashboardRoute[] {
  const output = outputOf(deps);

  /** Undefined where there is nothing to see for this viewer, which looks the same as that there is nothing. */
  async function asked({ params, query, rights }: Visit) {
    const id = params.id ?? "";
    const wanted = queryShape.safeParse(Object.fromEntries(query)).data;
    const task = isTaskId(id) && wanted ? await deps.store.read(id) : undefined;
    return task && wanted && (await rights.mayWrite(task.spec)) ? { task, wanted } : undefined;
  }

  return [
    {
      method: "GET",
      path: "/tasks/:id/output",
      async answer(visit) {
        const found = await asked(visit);
        return found ? await part(output, found.task, found.wanted) : NOTHING;
      },
    },
    {
      method: "GET",
      path: "/tasks/:id/output/follow",
      async answer(visit) {
        const found = await asked(visit);
        if (!found) return NOTHING;
        const { task, wanted } = found;
        const position = positionOf(visit, wanted);
        return { kind: "stream", run: (stream) => show(output, visit, stream, { task, run: wanted.run, position }) };
      },
    },
  ];
}

type Wanted = z.output<typeof queryShape>;

async function part({ read }: Output, task: Task, { run = task.epoch, ...wanted }: Wanted): Promise<Answer> {
  const found = run > 0 ? await read(task, { run, ...wanted, bytes: MAX_PIECE }) : "none";
  if (found === "none") return NOTHING;
  const type = "text/plain; charset=utf-8";
  if (found === "silent") return { kind: "bytes", type, body: "", headers: { "orch-output": "silent" } };
  const { size = found.to } = found.steps.find(({ name }) => name === found.step) ?? {};
  const headers = {
    "orch-run": String(run),
    "orch-step": found.step,
    "orch-from": String(found.from),
    "orch-to": String(found.to),
    "orch-size": String(size),
  };
  return { kind: "bytes", type, body: found.text, headers };
}

/** What the browser had last, when it comes back by itself; else what the page asks for. */
function positionOf({ lastEventId }: Visit, { run, step, from }: Wanted): Position | undefined {
  const last = lastEventId === undefined ? undefined : parsePosition(lastEventId);
  if (last) return last;
  return run !== undefined && step !== undefined && from !== undefined ? { run, step, offset: from } : undefined;
}

type Shown = { task: Task; run: number | undefined; position: Position | undefined };

async function show(output: Output, { rights, signal }: Visit, stream: EventStream, shown: Shown): Promise<void> {
  for await (const news of followOutput(output, { ...shown, signal })) {
    if (!(await rights.mayWrite(shown.task.spec))) return;
    // One that is dropped nevertheless ends the stream: the browser comes back with the last that it has.
    if (!stream.send(eventOf(news))) return;
    await caughtUp(stream, signal);
    if (signal.aborted) return;
  }
}

async function caughtUp(stream: EventStream, signal: AbortSignal): Promise<void> {
  while (stream.pending() > MAX_PENDING && !signal.aborted)
    await delay(LOOK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
}

function eventOf(news: OutputNews): ServerEvent {
  switch (news.kind) {
    case "text": {
      const { printed } = news;
      return { event: "output", data: JSON.stringify(printed), id: positionText({ ...printed, offset: printed.to }) };
    }
    case "gap":
      return { event: "gap", data: JSON.stringify(news.at) };
    case "steps":
      return { event: "steps", data: JSON.stringify({ run: news.run, steps: news.steps }) };
    case "silent":
    case "over":
      return { event: news.kind, data: "{}" };
  }
}
