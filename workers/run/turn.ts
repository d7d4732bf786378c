/**
 * A way to end the agent's turn although its program goes on: an agent that only waits does that without a slot. It is given some
 * time to end by itself.
 */

/** ms */
const GRACE_MS = 20_000;

export type Turn = {
  /** A step of the agent begins. */
  begin(): void;
  /** In a moment. */
  end(): void;
  /** It is not to be ended after all: the agent has its answer. */
  keep(): void;
  /** Resolves when this turn is to be ended; of no other. */
  over(): Promise<void>;
};

export function makeTurn(graceMs = GRACE_MS): Turn {
  let over = Promise.withResolvers<void>();
  let timer: NodeJS.Timeout | undefined;
  const keep = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  return {
    begin() {
      keep();
      over = Promise.withResolvers();
    },
    keep,
    end() {
      timer ??= setTimeout(over.resolve, graceMs).unref();
    },
    over: () => over.promise,
  };
}
