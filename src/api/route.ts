/** One thing that programs can ask for over plain HTTP: what it takes, what it gives, and who does it. `openapi.ts` publishes the same. */
import type { z } from "zod";
import type { Caller } from "./tokens.ts";

export type ApiCall<Body = unknown, Query = unknown> = {
  caller: Caller;
  /** Of the path. */
  id: string;
  body: Body;
  query: Query;
  /** The caller's own name for what it asks; made up where it has given none. */
  key: string;
  /** Whoever calls is gone, or the bot stops. */
  signal: AbortSignal;
};

export type ApiAnswer = { status: number; body: unknown; headers?: Record<string, string> };

export type ApiRoute<Body extends z.ZodType = z.ZodType, Query extends z.ZodType = z.ZodType> = {
  method: "GET" | "POST";
  /** `{id}` stands for one part of it. */
  path: string;
  operationId: string;
  summary: string;
  /** Asked for again under the same Idempotency-Key, it happens once. */
  isIdempotent?: true;
  /** It may take long: so many at once are counted. */
  lasts?: true;
  body?: Body;
  query?: Query;
  /** By status; those of problems are everybody's. */
  answers: Record<number, { description: string; shape: z.ZodType }>;
  answer: (call: ApiCall<z.output<Body>, z.output<Query>>) => Promise<ApiAnswer>;
};

/** For the compiler: body and query of each route are what its schemas say. */
export const route = <Body extends z.ZodType, Query extends z.ZodType>(made: ApiRoute<Body, Query>): ApiRoute =>
  made as unknown as ApiRoute;
