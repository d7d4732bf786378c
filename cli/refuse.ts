/** How a verb says that it did nothing, and why. */

/** Exit code 1. */
export function refuse(sentence: string, { json }: { json?: boolean }): number {
  if (json) process.stdout.write(`${JSON.stringify({ error: sentence })}\n`);
  else process.stderr.write(`${sentence}\n`);
  return 1;
}
