/**
 * The ledger of what runs have set aside and used, in Redis. Setting aside and booking are one script each, over all envelopes of a
 * run together, and safe to repeat: a run is named by its task and its epoch, sets aside once and is booked once. What a task
 * has set aside is booked when its next run sets aside, at the latest; the sweep books what nobody else will (`src/reconcile`).
 *
 * Kept: the day's envelopes for 35 days, those of tasks and conversations for as long as a task is kept after they were last used.
 */
import type { Redis } from "ioredis";
import { z } from "zod";
import { type Amounts, UNITS, type Unit } from "../text/budget.ts";
import {
  amountsShape,
  type Balance,
  type Envelope,
  type EnvelopeKind,
  fromWhole,
  LEAST_SHARE,
  mapAmounts,
  type Short,
  toWhole,
} from "./envelope.ts";
import { keys, RETENTION_S } from "./keys.ts";
import type { UseByEpoch } from "./known-use.ts";
import { defineLedgerScripts } from "./ledger-scripts.ts";
import { readRecord, warnOfUnreadable } from "./record.ts";

/** Of a day's envelopes, seconds. */
const KEEP_DAYS_S = 35 * 24 * 3600;
const TTLS = JSON.stringify({ day: KEEP_DAYS_S, long: RETENTION_S });
/** The message on the `ready` channel: there is room again in an envelope for which tasks wait. */
export const BUDGET_CHANGED = "budget";

/**
 * What a run may use. `tight`: which envelope gave less than was wanted, by unit. `stays`: the run is booked, and this is what nobody knows
 * of it; it stays set aside until the run that goes on from it sets aside, or until the task is over.
 */
export type Reserve = {
  epoch: number;
  at: number;
  amounts: Amounts;
  envelopes: string[];
  stays?: true;
  tight: { [unit in keyof Amounts]?: EnvelopeKind };
};

export type Reserved =
  | { kind: "reserved"; reserve: Reserve }
  | { kind: "short"; short: Short }
  /** The run is booked already, or a later one of its task has begun. */
  | { kind: "over" };

const heldShape = z.object({
  epoch: z.number(),
  at: z.number(),
  amounts: amountsShape,
  envelopes: z.array(z.string()),
  stays: z.literal(true).optional(),
  tight: z.partialRecord(z.enum(UNITS), z.number()),
});
const answerShape = z.union([
  z.object({ short: z.object({ envelope: z.number(), unit: z.enum(UNITS), never: z.boolean() }) }),
  z.object({ over: z.literal(true) }),
  heldShape,
]);

/** `lost`: what is known of what the task's runs before used, by epoch: one of them may not be booked. */
export type Asking = {
  task: string;
  epoch: number;
  envelopes: readonly Envelope[];
  want: Amounts;
  lost?: UseByEpoch | undefined;
  at: number;
};

export async function reserve(redis: Redis, asking: Asking): Promise<Reserved> {
  defineLedgerScripts(redis);
  const { task, epoch, envelopes, want, lost = {}, at } = asking;
  const limits = envelopes.map(({ name, label, limit }) => ({ name, label, limit: whole(limit) }));
  const answer = await redis.orchReserve(
    3,
    ...[keys.reserves, keys.envelope(`task:${task}`), keys.envelopes],
    ...[task, epoch, at, JSON.stringify(whole(want)), JSON.stringify(limits), JSON.stringify(lostOf(lost))],
    ...[keys.envelope(""), TTLS, LEAST_SHARE, keys.short],
  );
  const read = answerShape.parse(JSON.parse(answer));
  if ("over" in read) return { kind: "over" };
  if ("short" in read) {
    const { envelope, unit, never } = read.short;
    const of = envelopes[envelope - 1]?.of ?? "day";
    return { kind: "short", short: { of, unit, ...(never && { never }) } };
  }
  return { kind: "reserved", reserve: reserveOf(read) };
}

/** `unbegun`: the run never began, and may set aside again. `goesOn`: it is parked, and another run goes on from it. */
export type Booking = { task: string; epoch: number; used: Amounts; unbegun?: boolean; goesOn?: boolean };

/** What is not in `used` is not known, and booked as the whole reserve; of a run from which another goes on it stays set aside. */
export async function book(
  redis: Redis,
  { task, epoch, used, unbegun = false, goesOn = false }: Booking,
): Promise<boolean> {
  defineLedgerScripts(redis);
  const booked = await redis.orchBook(
    2,
    ...[keys.reserves, keys.envelope(`task:${task}`)],
    ...[task, epoch, JSON.stringify(whole(used)), keys.envelope(""), TTLS],
    ...[keys.short, keys.ready, BUDGET_CHANGED, unbegun ? 1 : 0, goesOn ? 1 : 0],
  );
  return booked === 1;
}

/** As they stand for the next run of this task: what stays set aside of its last one it sets aside again. */
export async function balancesFor(redis: Redis, task: string, envelopes: readonly Envelope[]): Promise<Balance[]> {
  const [balances, text] = await Promise.all([readBalances(redis, envelopes), redis.hget(keys.reserves, task)]);
  const held = text === null ? undefined : readReserve(task, text);
  if (!held?.stays) return balances;
  const without = (unit: Unit, amount: number) => Math.max(0, amount - (held.amounts[unit] ?? 0));
  return balances.map((balance) =>
    held.envelopes.includes(balance.name) ? { ...balance, reserved: mapAmounts(balance.reserved, without) } : balance,
  );
}

export async function readBalances(redis: Redis, envelopes: readonly Envelope[]): Promise<Balance[]> {
  const pipeline = redis.pipeline();
  for (const { name } of envelopes) pipeline.hgetall(keys.envelope(name));
  const answers = (await pipeline.exec()) ?? [];
  return envelopes.map((envelope, index) => {
    const [error, fields] = answers[index] ?? [];
    if (error) throw error;
    return { ...envelope, ...balanceIn((fields ?? {}) as Record<string, string>) };
  });
}

/** What runs have set aside that are going, or that nobody has booked, by task. */
export async function readReserves(redis: Redis): Promise<Map<string, Reserve>> {
  const reserves = new Map<string, Reserve>();
  for (const [task, text] of Object.entries(await redis.hgetall(keys.reserves))) {
    const held = readReserve(task, text);
    if (held) reserves.set(task, held);
  }
  return reserves;
}

/** What cannot be read stays set aside in its envelopes, and holds up no other task. */
function readReserve(task: string, text: string): Reserve | undefined {
  const key = `${keys.reserves}[${task}]`;
  const held = readRecord<z.output<typeof heldShape>>(key, heldShape, () => JSON.parse(text), warnOfUnreadable);
  return held && reserveOf(held);
}

/** What the ledger knows of the envelopes that are kept, without their limits; `since`: last set aside from, Unix ms. */
export async function readEnvelopes(redis: Redis, since: number): Promise<Omit<Balance, "limit">[]> {
  const names = await redis.zrangebyscore(keys.envelopes, since, "+inf");
  const all = await Promise.all(names.map((name) => redis.hgetall(keys.envelope(name))));
  return names.map((name, index) => ({
    of: kindOf(name),
    name,
    label: all[index]?.label ?? name,
    ...balanceIn(all[index] ?? {}),
  }));
}

const kindOf = (name: string): EnvelopeKind => name.slice(0, name.indexOf(":")) as EnvelopeKind;

function balanceIn(fields: Record<string, string>): Pick<Balance, "spent" | "reserved"> {
  const amounts = (what: "spent" | "reserved"): Amounts =>
    Object.fromEntries(
      UNITS.flatMap((unit) => {
        const amount = Number(fields[`${unit}:${what}`] ?? 0);
        return amount === 0 ? [] : [[unit, fromWhole(unit, amount)]];
      }),
    );
  return { spent: amounts("spent"), reserved: amounts("reserved") };
}

/** A reserve names its envelopes as they stood in the script, from 1. */
function reserveOf({ epoch, at, amounts, envelopes, stays, tight }: z.output<typeof heldShape>): Reserve {
  const kinds = Object.entries(tight).map(([unit, index]) => [unit, kindOf(envelopes[index - 1] ?? "day:")]);
  const held = { epoch, at, amounts: mapAmounts(amounts, fromWhole), envelopes, ...(stays && { stays }) };
  return { ...held, tight: Object.fromEntries(kinds) };
}

const lostOf = (lost: UseByEpoch): UseByEpoch =>
  Object.fromEntries(Object.entries(lost).map(([epoch, used]) => [epoch, whole(used)]));

const whole = (amounts: Amounts): Amounts => mapAmounts(amounts, toWhole);
