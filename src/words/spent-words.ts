/** What was used, in a few words. What nobody states is unknown, which is not nothing. */
import { count, dollars } from "../text/amounts.ts";
import type { Spent, Sum } from "../views/spent.ts";

/** Undefined where no agent has begun. */
export function spentWords({ runs, inputTokens, outputTokens, costUsd }: Spent): string | undefined {
  if (runs === 0) return undefined;
  const tokens = (number: number) => count(number, "token");
  const both = [
    amount(inputTokens, (number) => `${tokens(number)} in`),
    amount(outputTokens, (number) => `${tokens(number)} out`),
  ];
  const used = both.filter((words) => words !== undefined);
  const parts = [...(used.length > 0 ? used : ["tokens unknown"]), amount(costUsd, dollars) ?? "cost unknown"];
  return `${parts.join(", ")}, in ${count(runs, "run")}, by the agents' own count`;
}

/** Undefined where nobody states it. */
function amount({ known, unknown }: Sum, words: (number: number) => string): string | undefined {
  if (known === undefined) return undefined;
  return unknown === 0 ? words(known) : `at least ${words(known)}`;
}

/** A sum over many runs, of which some do not state what they cost. */
export function sumWords({ costUsd, isWhole }: { costUsd: number; isWhole: boolean }): string {
  if (isWhole) return dollars(costUsd);
  return costUsd === 0 ? "unknown" : `at least ${dollars(costUsd)}`;
}
