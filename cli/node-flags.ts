/** How V8 is set for bot and worker host: they live long, hold a few MB, and must be able to end. */

/**
 * A garbage collector that knows the programs stay small collects earlier: the whole system takes half the memory. It is not told to move
 * everything together each time (`--compact-on-every-full-gc`): that gives 2 MB of each program back, and stops it for five times as long,
 * half a second where memory is slow.
 */
const SMALL_HEAP = ["--max-semi-space-size=2", "--max-old-space-size=192", "--optimize-for-size"];

/**
 * Compiling on a thread of its own, V8 waits there for room that only the main thread can make, and at its end the main
 * thread waits for that thread: the program never exits (https://github.com/nodejs/node/issues/54918). Measured with the
 * small heap: 127 of 150 busy programs hung in `process.exit`; without such threads none.
 */
const NO_COMPILER_THREAD = ["--no-concurrent-recompilation", "--no-concurrent-sparkplug"];

export const NODE_FLAGS: readonly string[] = [...SMALL_HEAP, ...NO_COMPILER_THREAD];
