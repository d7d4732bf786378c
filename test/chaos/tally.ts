/** How often each thing happened, by its name. */
export type Tally = { add(name: string, times?: number): void; total(): number; rows(): [string, number][] };

export function makeTally(): Tally {
  const counts = new Map<string, number>();
  return {
    add: (name, times = 1) => void counts.set(name, (counts.get(name) ?? 0) + times),
    total: () => [...counts.values()].reduce((sum, each) => sum + each, 0),
    rows: () => [...counts].filter(([, count]) => count > 0).sort(([one], [other]) => one.localeCompare(other)),
  };
}
