/** Why a program does not get what it asks for, in words for whoever wrote it. */
import { z } from "zod";

export const PROBLEMS = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  wrong_method: 405,
  conflict: 409,
  too_large: 413,
  too_many: 429,
  internal: 500,
  unavailable: 503,
} as const;
export type ProblemCode = keyof typeof PROBLEMS;

export const problemShape = z
  .object({
    error: z.object({
      code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
      message: z.string().describe("What is wrong, and what to do, in a sentence or two."),
    }),
  })
  .meta({ id: "Problem" });

export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: ProblemCode;
  /** When to ask again, in seconds. */
  readonly retryAfterS: number | undefined;

  constructor(
    code: ProblemCode,
    message: string,
    { retryAfterS, cause }: { retryAfterS?: number; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.code = code;
    this.retryAfterS = retryAfterS;
  }

  get status(): number {
    return PROBLEMS[this.code];
  }
}

/** One sentence of what a schema says. */
export function invalid({ issues }: z.ZodError): Problem {
  const said = issues
    .slice(0, 5)
    .map(({ path, message }) => (path.length > 0 ? `${path.join(".")}: ${message}` : message));
  return new Problem("invalid", said.join("; "));
}
