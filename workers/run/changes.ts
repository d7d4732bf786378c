/** Tells those who wait for it within a run that its task's record has changed. Word of it may be lost: nobody waits for it alone. */

export type Changes = {
  tell(): void;
  /** Resolves with the next change, when the time is up, or when `signal` is aborted. */
  next(afterMs: number, signal: AbortSignal): Promise<void>;
};

export function makeChanges(): Changes {
  let change = Promise.withResolvers<void>();
  return {
    tell() {
      change.resolve();
      change = Promise.withResolvers();
    },
    async next(afterMs, signal) {
      if (signal.aborted) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, afterMs);
      signal.addEventListener("abort", () => resolve(), { once: true });
      await Promise.race([change.promise, promise]);
      clearTimeout(timer);
      resolve();
    },
  };
}
