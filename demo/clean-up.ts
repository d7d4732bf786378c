/** What must be undone however the demo ends: added as it is done, undone in reverse order, once. */
export type CleanUp = { add(deed: () => unknown): void; run(): Promise<void> };

export function makeCleanUp(): CleanUp {
  const deeds: (() => unknown)[] = [];
  let running: Promise<void> | undefined;
  const undo = async () => {
    for (let deed = deeds.pop(); deed; deed = deeds.pop()) {
      try {
        await deed();
      } catch (error) {
        // The rest is undone all the same.
        process.stderr.write(`demo: could not clean up: ${error instanceof Error ? error.message : String(error)}\n`);
      }
    }
  };
  return {
    add: (deed) => void deeds.push(deed),
    run() {
      running ??= undo();
      return running;
    },
  };
}
