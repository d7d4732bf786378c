/**
 * One request on its way to a route, and what routes read from it. A field of the wrong type is answered 422, as
 * GitHub does; what the published description says about the rest is the judge's business.
 */
import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import type { By } from "../actions/by.ts";
import { type Actor, actsAs } from "../auth/actor.ts";
import type { Repository } from "../store/model.ts";
import type { World } from "../world.ts";
import { ApiError } from "./reply.ts";

export type Call = {
  world: World;
  actor: Actor;
  method: string;
  /** As the client asked, for links to other pages. */
  url: URL;
  params: Record<string, string>;
  body: Record<string, unknown>;
  /** The body when it is an array, as `POST .../labels` allows. */
  bodyList: unknown[] | undefined;
  headers: IncomingHttpHeaders;
};

export type RepositoryCall = Call & { repo: Repository };

/** In whose name the call acts; the route's need has already asked for somebody. */
export const by = (call: Call): By => actsAs(call.actor);

const missing = (key: string) => new ApiError(422, `Invalid request.\n\n"${key}" wasn't supplied.`);
const wrongType = (key: string, value: unknown, type: string) =>
  new ApiError(422, `Invalid request.\n\nFor 'properties/${key}', ${JSON.stringify(value)} is not a ${type}.`);

/** An optional text; null counts as absent. */
export function optionalText(call: Call, key: string): string | undefined {
  const value = call.body[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw wrongType(key, value, "string");
  return value;
}

export function text(call: Call, key: string): string {
  const value = optionalText(call, key);
  if (value === undefined) throw missing(key);
  return value;
}

export const optionalNumber = (call: Call, key: string): number | undefined => optionalField(call, key, z.int());

export function optionalFlag(call: Call, key: string): boolean | undefined {
  const value = call.body[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "boolean") throw wrongType(key, value, "boolean");
  return value;
}

/** An optional field of any shape; null counts as absent. */
export function optionalField<T>(call: Call, key: string, shape: z.ZodType<T>): T | undefined {
  const value = call.body[key];
  if (value === undefined || value === null) return undefined;
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = [key, ...(issue?.path ?? [])].join("/");
  throw new ApiError(422, `Invalid request.\n\nFor 'properties/${where}', ${issue?.message}.`);
}

/** A moment in ISO 8601, as it was written. */
export const moment = z.iso.datetime({ offset: true });

/** One of a closed list of words. */
export function optionalChoice<T extends string>(call: Call, key: string, choices: readonly T[]): T | undefined {
  const value = optionalText(call, key);
  const choice = choices.find((each) => each === value);
  if (value !== undefined && choice === undefined)
    throw new ApiError(422, `Invalid request.\n\n${value} is not a member of ${JSON.stringify(choices)}.`);
  return choice;
}

/** A list of texts; an entry may also be an object with a `name`, as labels may. */
export function textList(value: unknown): string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw wrongType("list", value, "array");
  return value.map((each: unknown) => {
    const name = typeof each === "object" && each !== null && "name" in each ? each.name : each;
    if (typeof name !== "string") throw wrongType("list", each, "string");
    return name;
  });
}

/** A number of the path; anything else is no such thing. */
export function numberParam(call: Call, name: string): number {
  const value = call.params[name] ?? "";
  if (!/^\d{1,15}$/.test(value)) throw new ApiError(404, "Not Found");
  return Number(value);
}
