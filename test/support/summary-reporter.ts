/**
 * Ends every test run with one plain line, `12 passed, 0 failed`, for people and machines that read no colours, and fails a
 * run in which no test ran at all: a filter with a typing error must not look like success.
 */
import type { Reporter, TestModule } from "vitest/node";

/** How many tests ended how. A file that breaks outside of its tests counts as one failure. */
export type Tally = { passed: number; failed: number; skipped: number };

/** What vitest loads by path from vitest.config.ts. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tally = modules.map(tallyOf).reduce(add, { passed: 0, failed: unhandledErrors.length, skipped: 0 });
    if (tally.skipped > 0) console.log(`${tally.skipped} skipped`);
    if (tally.passed + tally.failed === 0) {
      console.error("No test ran.");
      process.exitCode = 1;
    }
    console.log(`${tally.passed} passed, ${tally.failed} failed`);
  }
}

function tallyOf(module: TestModule): Tally {
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    if (state === "passed") tally.passed += 1;
    else if (state === "failed") tally.failed += 1;
    else tally.skipped += 1;
  }
  if (module.state() === "failed" && tally.failed === 0) tally.failed = 1;
  return tally;
}

function add(one: Tally, other: Tally): Tally {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
  };
}
