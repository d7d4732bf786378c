/** Something under way that is awaited later: its failure shows there, and does not count as unhandled until then. */
export function later<T>(result: Promise<T>): Promise<T> {
  result.catch(() => undefined);
  return result;
}
