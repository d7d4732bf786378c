/**
 * How the tests run. Unit tests side by side; journeys after them, two at a time, because each starts a whole system. Journeys in
 * which much time passes (`npm run test:longer`), and those through deaths and outages (`npm run test:faults`), take as long again. Agents are
 * real programs of others, containers need root, and the dashboard a browser: they run only when asked for (`npm run test:agents`,
 * `npm run test:container`, `npm run test:browser`).
 * Nothing is retried: a test that fails now and then is a fault to find.
 */
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const journeys = "test/journeys/**/*.test.ts";
const longer = "test/longer/**/*.test.ts";
const faults = "test/faults/**/*.test.ts";
const agents = "test/agents/**/*.test.ts";
const containers = "test/container/**/*.test.ts";
const browser = "test/browser/**/*.test.ts";
/** Before the first test, whose time limit is not for that. */
const makePrograms = "./test/support/make-programs.ts";

export default defineConfig({
  test: {
    reporters: ["default", "./test/support/summary-reporter.ts"],
    retry: 0,
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
    // What is waited for comes when it comes: limits are for what never does, on a slow machine that has other things to do as well.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [journeys, longer, faults, agents, containers, browser, "**/node_modules/**"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // They wait for other programs most of the time: on two cores one at a time would leave one core idle.
          maxWorkers: Math.max(2, availableParallelism() - 1),
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "journeys",
          globalSetup: makePrograms,
          include: [journeys],
          testTimeout: 240_000,
          hookTimeout: 60_000,
          // Two: a system under test waits most of the time, and its deadlines have room for a neighbour.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "longer",
          globalSetup: makePrograms,
          include: [longer],
          testTimeout: 240_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: "faults",
          globalSetup: makePrograms,
          include: [faults],
          testTimeout: 240_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        test: {
          name: "agents",
          include: [agents],
          exclude: ["**/node_modules/**"],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          maxWorkers: 1,
          sequence: { groupOrder: 4 },
        },
      },
      {
        extends: true,
        test: {
          name: "container",
          include: [containers],
          testTimeout: 240_000,
          hookTimeout: 120_000,
          maxWorkers: 1,
          sequence: { groupOrder: 5 },
        },
      },
      {
        extends: true,
        test: {
          name: "browser",
          include: [browser],
          testTimeout: 240_000,
          hookTimeout: 60_000,
          maxWorkers: 1,
          sequence: { groupOrder: 6 },
        },
      },
    ],
  },
});
