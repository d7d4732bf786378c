/**
 * Keeps pages up to date: hears on the bot's one subscription which task has changed, draws each view once for all who look at it, and sends each
 * viewer what is new to them, at most four times a second. While nobody looks it does nothing.
 */
import { setImmediate } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Logger } from "../../src/log.ts";
import { keys } from "../../src/task/keys.ts";
import type { EventStream, Rights, Visit } from "../visit.ts";
import { type Drawing, isFor } from "./drawing.ts";
import { type Facts, type FactsKeeper, WHOLE_EVERY_MS } from "./facts.ts";
import { type InTurn, inTurn } from "./in-turn.ts";
import { makeViewer, type Viewer } from "./viewer.ts";

/** `?view=<name>` or `?view=<name>:<argument>`. */
export type LiveView = {
  name: string;
  /** Undefined: there is no such thing to look at. */
  draw(argument: string, facts: Facts): Promise<Drawing | undefined>;
  /** Whether a change of these tasks may change it; without this each does. */
  concerns?(argument: string, changed: ReadonlySet<string>): boolean;
  /** It moves without any task changing: so often it is drawn anew, ms. */
  everyMs?: number;
};

export type LiveDeps = {
  subscriber: Redis;
  facts: FactsKeeper;
  views: readonly LiveView[];
  now: () => number;
  log: Logger;
};

export type Live = ReturnType<typeof startLive>;

/** Between two updates of one page, ms. */
const UPDATE_MS = 250;
/** Viewers that are shown something before the bot looks after other matters: a hundred in one go would hold up whatever GitHub sends meanwhile. */
const AT_ONCE = 5;
/** Tasks of which it is remembered that they have changed, until everything is drawn anyway. */
const MOST_CHANGED = 1_000;

type Watched = {
  view: LiveView;
  argument: string;
  viewers: Map<Viewer, { show: InTurn; end(): void }>;
  moving?: NodeJS.Timeout;
};

export function startLive({ subscriber, facts, views, now, log }: LiveDeps) {
  const watched = new Map<string, Watched>();
  let changed = new Set<string>();
  const firsts = new Map<string, { noticed: number; drawing: Promise<Drawing | undefined> }>();
  let timer: NodeJS.Timeout | undefined;
  let ticking: NodeJS.Timeout | undefined;
  let updating: Promise<void> | undefined;
  let updatedAt = Number.NEGATIVE_INFINITY;
  /** Changes that were heard of. */
  let noticed = 0;
  /** The next update is of everything. */
  let isAllDue = false;

  const onMessage = (channel: string, id: string): void => {
    if (channel !== keys.changed) return;
    facts.notice(id);
    noticed += 1;
    if (watched.size === 0) return;
    if (changed.size < MOST_CHANGED) changed.add(id);
    soon();
  };
  subscriber.on("message", onMessage);
  subscriber
    .subscribe(keys.changed)
    .catch((error: unknown) => log.error({ err: error }, "pages hear of no changes: they look every few seconds only"));

  /** Undefined: there is no such view. */
  function find(name: string): Pick<Watched, "view" | "argument"> | undefined {
    const [first, ...rest] = name.split(":");
    const view = views.find((each) => each.name === first);
    return view && { view, argument: rest.join(":") };
  }

  /** Whether it exists, and for whoever has these rights: asked before a stream of it begins, which could say so only by its end. */
  async function isThere(name: string, rights: Rights): Promise<boolean> {
    const found = find(name);
    const drawing = found && (await firstFor(name, found));
    return drawing !== undefined && (await isFor(rights, drawing));
  }

  /** Until the viewer is gone, or may not see it any more. */
  async function follow(name: string, { rights, signal }: Pick<Visit, "rights" | "signal">, stream: EventStream) {
    const found = find(name);
    if (!found || signal.aborted) return;
    const viewer = makeViewer(stream, rights);
    const before = noticed;
    if (!(await viewer.show(await firstFor(name, found), now()))) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const place: Watched = watched.get(name) ?? { ...found, viewers: new Map() };
    place.viewers.set(viewer, { show: inTurn(viewer, { end: resolve, failed }), end: resolve });
    watched.set(name, place);
    const { everyMs } = place.view;
    if (everyMs !== undefined) place.moving ??= setInterval(() => move(place), everyMs).unref();
    // What came while this was drawn was told to nobody who is new here.
    if (noticed !== before) {
      isAllDue = true;
      soon();
    }
    ticking ??= setInterval(() => update(true), WHOLE_EVERY_MS).unref();
    signal.addEventListener("abort", () => resolve(), { once: true });
    if (signal.aborted) resolve();
    await promise.finally(() => leave(name, place, viewer));
  }

  function leave(name: string, place: Watched, viewer: Viewer): void {
    place.viewers.delete(viewer);
    if (place.viewers.size > 0) return;
    watched.delete(name);
    clearInterval(place.moving);
    if (watched.size > 0) return;
    clearInterval(ticking);
    clearTimeout(timer);
    ticking = undefined;
    timer = undefined;
    changed.clear();
  }

  const drawn = async ({ view, argument }: Pick<Watched, "view" | "argument">) =>
    await view.draw(argument, await facts.read(WHOLE_EVERY_MS));

  /** When a bot comes back, all tabs do at once: they share what is drawn, as long as nothing changes. */
  async function firstFor(name: string, found: Pick<Watched, "view" | "argument">): Promise<Drawing | undefined> {
    const last = firsts.get(name);
    if (last?.noticed === noticed) return await last.drawing;
    const first = { noticed, drawing: drawn(found) };
    firsts.set(name, first);
    setTimeout(() => firsts.get(name) === first && firsts.delete(name), UPDATE_MS).unref();
    return await first.drawing;
  }

  function soon(): void {
    timer ??= setTimeout(() => update(false), Math.max(0, updatedAt + UPDATE_MS - performance.now())).unref();
  }

  const failed = (error: unknown) => log.warn({ err: error }, "pages are not up to date: tried again within seconds");

  /** One after the other: what changes meanwhile is for the next one. */
  function update(isAll: boolean): void {
    if (updating) {
      if (!isAll) timer = setTimeout(() => update(false), UPDATE_MS).unref();
      return;
    }
    timer = undefined;
    const news = isAll || isAllDue ? undefined : changed;
    changed = new Set();
    isAllDue = false;
    updating = done(showAll(news));
  }

  /** While something else is drawn it waits for the next time. */
  function move(place: Watched): void {
    updating ??= done(show(place));
  }

  const done = (showing: Promise<void>): Promise<void> =>
    showing.catch(failed).finally(() => {
      updating = undefined;
      updatedAt = performance.now();
    });

  /** `news`: what has changed; none: everything may have. */
  async function showAll(news: ReadonlySet<string> | undefined): Promise<void> {
    await facts.read(news ? Number.POSITIVE_INFINITY : WHOLE_EVERY_MS / 2);
    for (const place of [...watched.values()]) {
      const { view, argument } = place;
      if (!news || !view.concerns || view.concerns(argument, news)) await show(place);
    }
  }

  async function show(place: Watched): Promise<void> {
    const drawing = await drawn(place);
    // Who comes meanwhile has a newer one.
    for (const [nth, [viewer, its]] of [...place.viewers].entries()) {
      if (place.viewers.has(viewer)) its.show(drawing, now());
      if (nth % AT_ONCE === AT_ONCE - 1) await setImmediate();
    }
  }

  return {
    isThere,
    follow,
    stop: async () => {
      subscriber.off("message", onMessage);
      clearInterval(ticking);
      clearTimeout(timer);
      for (const { viewers } of watched.values()) for (const { end } of viewers.values()) end();
      await updating;
    },
  };
}
