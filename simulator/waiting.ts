/** Waiting for a state without polling: the condition is looked at again after every change. */
import type { EventEmitter } from "node:events";

export function waitFor<T>(
  bus: EventEmitter,
  check: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs: number,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let looking = false;
    let again = false;
    const stop = (): void => {
      clearTimeout(timer);
      bus.off("change", look);
    };
    const look = async (): Promise<void> => {
      again = true;
      if (looking) return;
      looking = true;
      try {
        // A change during an asynchronous check must not be missed: look once more.
        while (again) {
          again = false;
          const found = await check();
          if (found === undefined || found === false) continue;
          stop();
          resolve(found as T);
          return;
        }
      } catch (error) {
        stop();
        reject(error);
      } finally {
        looking = false;
      }
    };
    const timer = setTimeout(() => {
      stop();
      reject(new Error(`the simulator did not reach the awaited state within ${timeoutMs} ms: ${check}`));
    }, timeoutMs);
    bus.on("change", look);
    void look();
  });
}
