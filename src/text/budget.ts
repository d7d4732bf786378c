/**
 * What a budget is written like: `$2`, `500k`, `30min`, `3runs`, or several of them with blanks or commas between: `$2, 500k`.
 * Dollars are US dollars; a number with `k` or `M`, or with the word `tokens`, is tokens, read and written together.
 */
import { count, dollars, duration } from "./amounts.ts";

/** Each is counted for itself, `ms` being the time for which agents work. */
export const UNITS = ["usd", "tokens", "ms", "runs"] as const;
export type Unit = (typeof UNITS)[number];

/** What may be used, or was used. A unit that is missing: no limit, or not known. */
export type Amounts = Partial<Record<Unit, number>>;

/** What can be written, as the end of a sentence. */
export const AMOUNTS_HELP =
  'dollars (`$2`), tokens (`500k`, `2M`), an agent\'s time (`30min`, `2h`) or runs (`3runs`), or several of them in quotes (`budget="$2 500k"`)';

const MOST: Readonly<Record<Unit, number>> = { usd: 1e6, tokens: 1e12, ms: 366 * 24 * 3600_000, runs: 1e6 };

const NUMBER = String.raw`(\d{1,12}(?:\.\d{1,6})?)`;
type Form = { unit: Unit; pattern: RegExp; times: (suffix: string) => number };
const FORMS: readonly Form[] = [
  { unit: "usd", pattern: new RegExp(`^\\$${NUMBER}()$`), times: () => 1 },
  { unit: "usd", pattern: new RegExp(`^${NUMBER}(usd|\\$|dollars?)$`, "i"), times: () => 1 },
  {
    unit: "tokens",
    pattern: new RegExp(`^${NUMBER}(k|K|M)(?:tokens?)?$`),
    times: (suffix) => (suffix === "M" ? 1e6 : 1e3),
  },
  { unit: "tokens", pattern: new RegExp(`^${NUMBER}(tokens?)$`, "i"), times: () => 1 },
  { unit: "ms", pattern: new RegExp(`^${NUMBER}(min|minutes?)$`, "i"), times: () => 60_000 },
  { unit: "ms", pattern: new RegExp(`^${NUMBER}(h|hours?)$`, "i"), times: () => 3600_000 },
  { unit: "runs", pattern: new RegExp(`^${NUMBER}(runs?)$`, "i"), times: () => 1 },
];

/** Undefined when something in it is no amount, or a unit stands in it twice. A bare number says too little: of what? */
export function readAmounts(text: string): Amounts | undefined {
  const words = joined(
    text
      .trim()
      .split(/[\s,;+]+/)
      .filter((word) => word !== ""),
  );
  const amounts: Amounts = {};
  for (const word of words) {
    const read = readAmount(word);
    if (!read || amounts[read.unit] !== undefined) return undefined;
    amounts[read.unit] = read.amount;
  }
  return words.length === 0 ? undefined : amounts;
}

/** `30 min` is written as often as `30min`. */
function joined(words: readonly string[]): string[] {
  const all: string[] = [];
  for (const word of words) {
    const before = all.at(-1) ?? "";
    if (/^[a-z]+$/i.test(word) && /^[\d.]+[kM]?$/.test(before)) all.splice(-1, 1, before + word);
    else all.push(word);
  }
  return all;
}

function readAmount(word: string): { unit: Unit; amount: number } | undefined {
  for (const { unit, pattern, times } of FORMS) {
    const [, number, suffix = ""] = pattern.exec(word) ?? [];
    if (number === undefined) continue;
    const amount = Number(number) * times(suffix);
    const whole = unit === "usd" ? amount : Math.round(amount);
    return whole <= MOST[unit] ? { unit, amount: whole } : undefined;
  }
  return undefined;
}

const WORDS: Readonly<Record<Unit, (amount: number) => string>> = {
  usd: dollars,
  tokens: (amount) => count(amount, "token"),
  ms: (amount) => `${duration(amount)} of an agent's time`,
  runs: (amount) => count(amount, "run"),
};

/** Beside another amount of the unit, which says what it is. */
const BARE: Readonly<Record<Unit, (amount: number) => string>> = {
  usd: dollars,
  tokens: (amount) => amount.toLocaleString("en"),
  ms: duration,
  runs: (amount) => amount.toLocaleString("en"),
};
export const bareAmount = (unit: Unit, amount: number): string => BARE[unit](amount);

export const amountWords = (unit: Unit, amount: number): string => WORDS[unit](amount);

/** All of them, in one order; empty where there are none. */
export function amountsWords(amounts: Amounts): string {
  const known = UNITS.flatMap((unit) => (amounts[unit] === undefined ? [] : [amountWords(unit, amounts[unit])]));
  return known.length < 2 ? known.join("") : `${known.slice(0, -1).join(", ")} and ${known.at(-1)}`;
}

/** As it can be read again. */
export function writeAmounts(amounts: Amounts): string {
  const forms: Readonly<Record<Unit, (amount: number) => string>> = {
    usd: (amount) => `$${amount}`,
    tokens: (amount) => `${amount}tokens`,
    ms: (amount) => `${Number((amount / 60_000).toFixed(6))}min`,
    runs: (amount) => `${amount}runs`,
  };
  return UNITS.flatMap((unit) => (amounts[unit] === undefined ? [] : [forms[unit](amounts[unit])])).join(" ");
}

export function sumOf(all: readonly Amounts[]): Amounts {
  const sum: Amounts = {};
  for (const amounts of all)
    for (const unit of UNITS) if (amounts[unit] !== undefined) sum[unit] = (sum[unit] ?? 0) + amounts[unit];
  return sum;
}
