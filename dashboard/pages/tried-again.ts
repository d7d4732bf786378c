/**
 * Which tasks that are over were tried again, and by which other one, the latest: so that nobody asks for it a second time. As far as is known of tasks
 * that are open, or were over lately. Pure.
 */
import type { Task } from "../../src/task/task.ts";
import type { Html } from "../html.ts";
import type { Facts } from "../rows/facts.ts";
import { taskLink } from "./links.ts";

/** By the ids of those that were tried. */
export function triedAgain({ tasks, over }: Pick<Facts, "tasks" | "over">): ReadonlyMap<string, Task["spec"]> {
  const found = new Map<string, Task["spec"]>();
  for (const { spec } of [...over, ...tasks]) {
    const known = spec.retries === undefined ? undefined : found.get(spec.retries);
    if (spec.retries !== undefined && (!known || known.acceptedAt <= spec.acceptedAt)) found.set(spec.retries, spec);
  }
  return found;
}

export const triedAgainLink = ({ id, number }: Task["spec"]): Html => taskLink({ id, repository: "", number }, id);
