/**
 * What a run's agent said last of what it is at. It changes more often than anything else of a task, and nothing is decided by it: so
 * it stands beside the record (field `said`), which is neither read nor written for it, and is laid over what is read.
 */
import { z } from "zod";
import { current, withProgress } from "./runs.ts";
import type { Task } from "./task.ts";

const saidShape = z.object({ epoch: z.number(), text: z.string() });
export type Said = z.output<typeof saidShape>;

export const saidText = ({ epoch, text }: Said): string => JSON.stringify({ epoch, text });

/** What another run has said is of no interest any more; what cannot be read is not missed. */
export function withSaid(task: Task, written: string | null | undefined): Task {
  const said = written == null ? undefined : readSaid(written);
  return said && current(task)?.number === said.epoch ? withProgress(task, { said: said.text }) : task;
}

function readSaid(written: string): Said | undefined {
  try {
    return saidShape.safeParse(JSON.parse(written)).data;
  } catch {
    return undefined;
  }
}
