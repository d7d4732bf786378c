/**
 * Questions to GitHub in GraphQL: what REST does not tell, or only in many requests. An answer is read by a shape, as
 * everything that comes from outside.
 */
import { ProbotOctokit } from "probot";
import type { z } from "zod";
import type { Octokit } from "./github.ts";

/** A query, and the shape of its answer. */
export type Question<T> = { query: string; answer: z.ZodType<T> };

/** @throws what `classify` understands; also when only a part of the answer was refused */
export async function ask<T>(
  octokit: Octokit,
  { query, answer }: Question<T>,
  variables: Readonly<Record<string, string | number>>,
): Promise<T> {
  return answer.parse(await octokit.graphql(query, variables));
}

/** Whether a request only asks. GraphQL is POST, whatever it does. */
export const isQuestion = ({ method, url, query }: { method?: string; url: string; query: unknown }): boolean =>
  method === "POST" && /\/graphql$/.test(url) && typeof query === "string" && !/^\s*mutation\b/.test(query);

/**
 * To Octokit's throttle every POST is a write, and writes go one a second. A question would wait behind every comment that
 * is to be written, and hold up the next: it goes by a client with the same credentials and no throttle.
 */
export function keepQuestionsOutOfTheQueue(octokit: Octokit): void {
  const off = { retry: { enabled: false }, throttle: { enabled: false } };
  let direct: Octokit | undefined;
  octokit.hook.wrap("request", (request, options) => {
    if (!isQuestion({ ...options, query: options.query })) return request(options);
    // Its own hooks would lead back to here.
    const { hook: _, ...rest } = options.request ?? {};
    direct ??= new ProbotOctokit({ ...off, authStrategy: () => octokit.auth });
    return direct.request({ ...options, request: rest });
  });
}

type Refusal = { type?: unknown; message?: unknown; extensions?: { code?: unknown } } | null;

type Failed = {
  name?: unknown;
  errors?: unknown;
  /** Octokit's throttle makes an error of its own of a limit, and hangs the answer on it. */
  data?: { errors?: unknown };
  headers?: Record<string, unknown>;
};

/**
 * GraphQL answers 200 and refuses in words: the same with REST's statuses, one for each refusal. Without a status GitHub
 * has failed, or given up for lack of time. Undefined where the error is of another kind.
 */
export function refusalsOf(error: unknown): { status: number | undefined; message: string }[] | undefined {
  const { name, errors, data, headers } = (error ?? {}) as Failed;
  const told = name === "GraphqlResponseError" ? errors : data?.errors;
  if (!Array.isArray(told)) return undefined;
  return told.map((each: Refusal) => {
    const message = String(each?.message ?? "");
    const isLimit = headers?.["retry-after"] !== undefined || /rate limit/i.test(message);
    return { status: isLimit ? 429 : statusOf(each), message };
  });
}

const INVALID_QUESTION = /^(UNPROCESSABLE|VALIDATION|INVALID_|(MISSING|EXCESSIVE)_PAGINATION|MAX_NODE_LIMIT)/;

function statusOf(refusal: Refusal): number | undefined {
  const type = String(refusal?.type ?? "");
  if (type === "NOT_FOUND") return 404;
  if (type === "FORBIDDEN" || type === "INSUFFICIENT_SCOPES") return 403;
  if (type === "RATE_LIMITED" || type === "RATE_LIMIT") return 429;
  // What is wrong with a query has a code and no type.
  const isQuery = type === "" && refusal?.extensions?.code !== undefined;
  return isQuery || INVALID_QUESTION.test(type) ? 422 : undefined;
}
