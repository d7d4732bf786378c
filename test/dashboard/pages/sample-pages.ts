/** Facts as pages are drawn from them, and visits by whoever may see this or that. */
import type { Facts, FactsKeeper } from "../../../dashboard/rows/facts.ts";
import type { Rights, Visit } from "../../../dashboard/visit.ts";
import type { Task } from "../../../src/task/task.ts";
import { around } from "../../report/sample-tasks.ts";

export function factsOf(tasks: readonly Task[], over: readonly Task[] = [], more: Partial<Facts> = {}): Facts {
  return {
    now: around.now,
    hosts: around.hosts,
    tasks: [...tasks],
    queue: [],
    beats: new Map(),
    inDoubt: new Map(),
    paused: {},
    textHeld: new Map(),
    over,
    fates: new Map(),
    ...more,
  };
}

export const keeperOf = (facts: Facts): FactsKeeper => ({ read: async () => facts, notice: () => undefined });

export const OPERATOR: Rights = { isOperator: true, mayRead: async () => true, mayWrite: async () => true };
/** May write to these repositories, and read those. */
export const personOf = (writes: readonly number[], reads: readonly number[] = []): Rights => ({
  isOperator: false,
  mayRead: async ({ repository }) => writes.includes(repository.id) || reads.includes(repository.id),
  mayWrite: async ({ repository }) => writes.includes(repository.id),
});

export const visitBy = (
  rights: Rights,
  { params = {}, query = "" }: { params?: Record<string, string>; query?: string } = {},
): Visit => ({
  viewer: rights.isOperator ? { kind: "operator", name: "root" } : { kind: "person", id: 5, login: "maintainer" },
  rights,
  params,
  query: new URLSearchParams(query),
  form: new URLSearchParams(),
  formToken: "form-token",
  now: around.now,
  signal: new AbortController().signal,
});
