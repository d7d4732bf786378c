/** A limit that was reached, for the output of a check: whoever reads that may be an agent. */
import type { OverLimit } from "../../src/task/in-force.ts";
import { bytes } from "../../src/text/amounts.ts";

export const overInWords = ({ limit, used, allowed }: OverLimit): string =>
  limit === "memory"
    ? `all that runs together may use ${bytes(allowed)} of memory, and that was not enough`
    : `${used} processes ran at once, and there may be ${allowed}`;
