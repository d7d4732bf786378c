/**
 * What a benchmark is and gives. Absolute figures are context: they depend on the machine and on what else it does. The
 * ratio to a yardstick that was run in the same minute, in alternating rounds, is the result.
 */

export type Options = { /** How many times both sides are measured. */ rounds: number; say(line: string): void };

export type Benchmark = {
  name: string;
  /** One sentence: from where to where. */
  title: string;
  rounds: number;
  run(options: Options): Promise<Report>;
};

/** `goal`: the bound that the figure is held against; figures without one are context. */
export type Figure = { name: string; value: number; unit: string; goal?: { atLeast: number } | { atMost: number } };

export type Report = {
  /** What is counted, what is not, and how: a reader must be able to disagree. */
  counted: string[];
  /** First row: headings. */
  tables: { title: string; rows: string[][] }[];
  figures: Figure[];
};

export function meets({ value, goal }: Figure): boolean | undefined {
  if (!goal) return undefined;
  return "atLeast" in goal ? value >= goal.atLeast : value <= goal.atMost;
}
