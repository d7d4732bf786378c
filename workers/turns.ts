/**
 * Which lane a host looks at next. A lane is due from when somebody says that there may be a job in it until it was found
 * empty, so nothing is asked of Redis while nothing is to be had. The host's own lane goes first: what waits there can go
 * nowhere else as quickly. The others take turns, so that no agent's jobs wait for another's.
 */
export type Turns = {
  /** There may be a job in this lane, or, without a name, in any. Lanes that the host does not serve are never due. */
  due(name?: string): void;
  /** The lane to look at now, which is not due any more; undefined when none is. */
  next(): string | undefined;
  /** Resolves once a lane is due, or `wake` is called. */
  whenDue(): Promise<void>;
  wake(): void;
};

/** `others` take turns in this order. */
export function makeTurns(own: string, others: readonly string[]): Turns {
  const all = new Set([own, ...others]);
  const due = new Set<string>();
  let first = 0;
  let news = Promise.withResolvers<void>();

  return {
    due(name) {
      for (const each of name === undefined ? all : [name]) if (all.has(each)) due.add(each);
      if (due.size > 0) news.resolve();
    },
    next() {
      if (due.delete(own)) return own;
      const inTurn = [...others.slice(first), ...others.slice(0, first)];
      const lane = inTurn.find((name) => due.delete(name));
      if (lane !== undefined) first = (others.indexOf(lane) + 1) % others.length;
      return lane;
    },
    async whenDue() {
      if (due.size > 0) return;
      news = Promise.withResolvers();
      await news.promise;
    },
    wake: () => news.resolve(),
  };
}
