/**
 * What pages are drawn from: all open tasks and what they depend on, and those that were over lately. Kept at hand while somebody looks, so that a
 * change costs the reading of what has changed; looked at anew as a whole every few seconds, because hosts' beats and the queue tell nobody of
 * themselves, and a message may get lost.
 */
import type { Redis } from "ioredis";
import type { Reading } from "../../src/task/record.ts";
import type { TaskStore } from "../../src/task/store.ts";
import type { Task } from "../../src/task/task.ts";
import type { Around } from "../../src/views/around.ts";
import { readPullFates } from "../../src/views/pull-fates.ts";
import type { ViewReader } from "../../src/views/reader.ts";
import { lateEnds } from "./late-ends.ts";

export type Facts = Required<Omit<Around, "teams">> & {
  /** Tasks that are over, the latest end first; bounded. */
  over: readonly Task[];
};

export type FactsDeps = {
  redis: Redis;
  store: Pick<TaskStore, "lookUp" | "readMany">;
  views: Pick<ViewReader, "around">;
  now: () => number;
};

export type FactsKeeper = ReturnType<typeof makeFacts>;

/** How old a look at everything may be, ms. */
export const WHOLE_EVERY_MS = 5_000;
/** Tasks that are over and kept at hand. */
const MOST_OVER = 500;
/** So many changes at once are no less work than to begin anew. */
const MOST_CHANGED = 200;
/** After so many looks all is read again that GitHub has told of pull requests of tasks that are over: news of it come with messages, which may get lost. */
const FATES_EVERY = 12;
/** For so long, ms, what is known is kept current although nobody asks for it. */
const IDLE_MS = 60_000;

export function makeFacts({ redis, store, views, now }: FactsDeps) {
  let facts: Facts | undefined;
  let lookedAt = 0;
  let looks = 0;
  let askedAt = 0;
  let looking: Promise<Facts> | undefined;
  const changed = new Set<string>();

  /** A task has changed. Costs nothing while nobody looks. */
  function notice(id: string): void {
    if (!facts) return;
    if (changed.size < MOST_CHANGED && now() - askedAt < IDLE_MS) changed.add(id);
    else forget();
  }

  /** No older than that; whoever asks at the same time shares one look. */
  async function read(olderThanMs: number): Promise<Facts> {
    askedAt = now();
    if (looking) return await looking;
    looking = look(olderThanMs).finally(() => {
      looking = undefined;
    });
    return await looking;
  }

  async function look(olderThanMs: number): Promise<Facts> {
    // A clock that was set back says nothing of how old it is.
    const age = now() - lookedAt;
    const isWhole = !facts || age < 0 || age >= olderThanMs;
    const ids = [...changed];
    changed.clear();
    try {
      facts = facts && !isWhole ? await withChanged(facts, ids) : await whole(facts, ids);
      return facts;
    } catch (error) {
      facts = undefined; // what was noticed is lost with it
      throw error;
    }
  }

  async function whole(known: Facts | undefined, ids: readonly string[]): Promise<Facts> {
    lookedAt = now();
    const around = await views.around();
    const open = new Set(around.tasks.map(({ spec }) => spec.id));
    // One that was open and is not any more is over, whether or not a message said so.
    const gone = known?.tasks.map(({ spec }) => spec.id).filter((id) => !open.has(id)) ?? [];
    const over = known
      ? withEnds(known.over, await readOver([...new Set([...gone, ...ids])]))
      : await readOver(await lateEnds(redis, now(), MOST_OVER));
    return await withFates({ ...around, over: bounded(over, open) }, known?.fates ?? new Map(), new Set(ids));
  }

  /** Of what is merged nothing new is told, of the others where they have changed; a part of these is read again at each look. */
  async function withFates(facts: Facts, known: Facts["fates"], news: ReadonlySet<string>): Promise<Facts> {
    looks += 1;
    const isDue = ({ spec: { id } }: Task, nth: number): boolean =>
      !known.get(id)?.closed?.merged && (!known.has(id) || news.has(id) || (nth + looks) % FATES_EVERY === 0);
    const read = await readPullFates(redis, facts.over.filter(isDue));
    const kept = facts.over.flatMap(({ spec: { id } }) => {
      const fate = known.get(id);
      return fate ? [[id, fate] as const] : [];
    });
    return { ...facts, fates: new Map([...kept, ...read, ...facts.fates]) };
  }

  async function withChanged(known: Facts, ids: readonly string[]): Promise<Facts> {
    if (ids.length === 0) return { ...known, now: now() };
    const readings = await Promise.all(ids.map(async (id) => [id, await store.lookUp(id)] as const));
    const news = new Map(readings.flatMap(([id, reading]) => (reading.kind === "known" ? [[id, reading.record]] : [])));
    const isOpen = (task: Task) => task.state.name !== "settled";
    const tasks = [...known.tasks.filter(({ spec }) => !news.has(spec.id)), ...[...news.values()].filter(isOpen)].sort(
      (one, other) => one.spec.acceptedAt - other.spec.acceptedAt,
    );
    const ended = [...news.values()].filter((task) => !isOpen(task));
    const open = new Set(tasks.map(({ spec }) => spec.id));
    const over = bounded(withEnds(known.over, ended), open);
    const fates = new Map([...known.fates, ...(await readPullFates(redis, [...news.values()]))]);
    return { ...known, now: now(), tasks, over, fates, inDoubt: withoutKnown(known, news, readings) };
  }

  const readOver = async (ids: readonly string[]): Promise<Task[]> =>
    (await store.readMany(ids)).filter(({ state }) => state.name === "settled");

  /** The next one who asks begins anew. */
  function forget(): void {
    facts = undefined;
    changed.clear();
  }

  return { notice, read };
}

/** A record that can be read again is in doubt no more. */
function withoutKnown(
  { inDoubt }: Facts,
  news: ReadonlyMap<string, Task>,
  readings: readonly (readonly [string, Reading<Task>])[],
): Facts["inDoubt"] {
  if (!readings.some(([id]) => inDoubt.has(id))) return inDoubt;
  return new Map([...inDoubt].filter(([id]) => !news.has(id)));
}

function withEnds(over: readonly Task[], ended: readonly Task[]): Task[] {
  const isNew = new Set(ended.map(({ spec }) => spec.id));
  return [...over.filter(({ spec }) => !isNew.has(spec.id)), ...ended];
}

const endOf = ({ state }: Task): number => (state.name === "settled" ? state.at : 0);

/** One that is open again, because Redis had forgotten its end, is not over. */
const bounded = (over: readonly Task[], open: ReadonlySet<string>): Task[] =>
  over
    .filter(({ spec }) => !open.has(spec.id))
    .sort((one, other) => endOf(other) - endOf(one))
    .slice(0, MOST_OVER);
