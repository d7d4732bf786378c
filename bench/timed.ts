/** How long a deed takes, ms. */
export async function timed(deed: () => Promise<unknown>): Promise<number> {
  const at = performance.now();
  await deed();
  return performance.now() - at;
}
