/** The graph that the nodes of a plan make by what has to be merged before what. Pure; it may hold any names. */

export type InGraph = { id: string; after: readonly string[] };

/** For each node those that have to be merged before it, over any number of steps; itself, too, where it stands in a circle. */
export function ancestorsOf(nodes: readonly InGraph[]): Map<string, Set<string>> {
  const before = new Map(nodes.map(({ id, after }) => [id, after]));
  const found = new Map<string, Set<string>>();
  for (const { id } of nodes) {
    const all = new Set<string>();
    const left = [...(before.get(id) ?? [])];
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      if (all.has(next)) continue;
      all.add(next);
      left.push(...(before.get(next) ?? []));
    }
    found.set(id, all);
  }
  return found;
}

/** For each node how many stand before it on the longest way to it; nothing for those in a circle, and for those behind one. */
export function depthsOf(nodes: readonly InGraph[]): Map<string, number> {
  const depths = new Map<string, number>();
  const known = new Set(nodes.map(({ id }) => id));
  const left = new Map(nodes.map(({ id, after }) => [id, after.filter((each) => known.has(each))]));
  while (left.size > 0) {
    const free = [...left].filter(([, after]) => after.every((id) => depths.has(id)));
    if (free.length === 0) break;
    for (const [id, after] of free) {
      depths.set(id, Math.max(0, ...after.map((each) => 1 + (depths.get(each) ?? 0))));
      left.delete(id);
    }
  }
  return depths;
}

/** How many nodes stand one behind another at most. Nodes in a circle do not count. */
export const longestChain = (nodes: readonly InGraph[]): number =>
  Math.max(0, ...[...depthsOf(nodes).values()].map((depth) => depth + 1));

/** How many nodes there are when each that only stands behind one, before which nothing else stands, is taken together with that. */
export function countWithoutChains(nodes: readonly InGraph[]): number {
  const followers = (id: string) => nodes.filter(({ after }) => after.includes(id)).length;
  const isLink = ({ after: [first, ...rest] }: InGraph) =>
    first !== undefined && rest.length === 0 && followers(first) === 1;
  return nodes.filter((node) => !isLink(node)).length;
}
