/**
 * What a record says of a run, as far as it can be counted. Agents and hosts of any version have stated it: what is no number, or none that anybody can
 * have used, is not known, or as much as can be, so that one record never keeps all others from being counted. Pure.
 */
import { z } from "zod";

/** More than anybody can use in one run; sums of a great many of them are still exact. */
const MOST_TOKENS = 1e12;
const MOST_USD = 1e9;
/** The last moment that a calendar has, Unix ms. */
const LAST = 8.64e15;

const atMost = (most: number) => (value: number) => Math.min(value, most);
const whole = z.number().nonnegative().transform(Math.round);
const tokens = whole.transform(atMost(MOST_TOKENS)).optional().catch(undefined);
const text = z.string().optional().catch(undefined);

const shape = z.object({
  model: text,
  agentVersion: text,
  agent: text,
  inputTokens: tokens,
  outputTokens: tokens,
  costUsd: z.number().nonnegative().transform(atMost(MOST_USD)).optional().catch(undefined),
  start: z.object({ how: z.string() }).optional().catch(undefined),
  verification: z
    .object({ rounds: whole.transform(atMost(1e6)) })
    .optional()
    .catch(undefined),
  // What a host has measured; an older one measures nothing.
  peakRssBytes: whole.optional().catch(undefined),
  cpuSeconds: z.number().nonnegative().optional().catch(undefined),
});
export type CountableUse = z.output<typeof shape>;

/** `progress`: of a run, or of all that a task's runs have said. */
export const countableUse = (progress: object): CountableUse => shape.parse(progress);

/** A count that was written down; undefined where that is none. */
export const wholeOf = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? atMost(MOST_TOKENS)(Math.max(0, Math.round(value))) : undefined;

/** Unix ms. Undefined where it is no time. */
export const timeOf = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? atMost(LAST)(Math.max(0, Math.round(value))) : undefined;
