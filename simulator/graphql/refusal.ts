/** What GraphQL refuses, and how GitHub says it: in `errors`, with a `type`, and with status 200. */
import { type GraphQLError, GraphQLError as GraphQLFailure } from "graphql";
import { ApiError } from "../routes/reply.ts";

type RefusalType =
  | "NOT_FOUND"
  | "FORBIDDEN"
  | "UNPROCESSABLE"
  | "RATE_LIMITED"
  | "MISSING_PAGINATION_BOUNDARIES"
  | "EXCESSIVE_PAGINATION"
  | "INVALID_CURSOR_ARGUMENTS"
  | "MAX_NODE_LIMIT_EXCEEDED";

export class Refusal extends Error {
  readonly type: RefusalType;
  constructor(type: RefusalType, message: string) {
    super(message);
    this.name = "Refusal";
    this.type = type;
  }
}

/** The query is to blame, whatever stands in the store: Orch should never have sent it. */
export class Malformed extends Refusal {}

const types: Record<number, RefusalType> = {
  401: "FORBIDDEN",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  422: "UNPROCESSABLE",
};

/** A refusal of the rules that REST and GraphQL share, in GraphQL's words; anything else as it is. */
export function asRefusal(error: unknown, notFound: string): unknown {
  const type = error instanceof ApiError ? types[error.status] : undefined;
  if (!(error instanceof ApiError) || !type) return error;
  return new Refusal(type, type === "NOT_FOUND" ? notFound : error.message);
}

/** One entry of `errors`. */
export type Told = Record<string, unknown> & { message: string };

/** GitHub's words for a field that there is not. */
function undefinedField(message: string): Partial<Told> {
  const [, fieldName, typeName] = /^Cannot query field "(\w+)" on type "(\w+)"/.exec(message) ?? [];
  if (!fieldName) return {};
  const extensions = { code: "undefinedField", typeName, fieldName };
  return { message: `Field '${fieldName}' doesn't exist on type '${typeName}'`, extensions };
}

/** An error as the client reads it. */
export function told(error: GraphQLError): Told {
  const { message, path, locations, originalError } = error;
  const type = originalError instanceof Refusal ? { type: originalError.type } : {};
  const where = { ...(path ? { path } : {}), ...(locations ? { locations } : {}) };
  return { ...type, ...where, message, ...(originalError ? {} : undefinedField(message)) };
}

/** Whether nobody meant it: neither a refusal nor a fault of the query. */
export const isOwnFault = ({ originalError }: GraphQLError): boolean =>
  originalError !== undefined && !(originalError instanceof Refusal) && !(originalError instanceof GraphQLFailure);
