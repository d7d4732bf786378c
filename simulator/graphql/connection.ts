/** Lists, page by page. A cursor is a place in the list, so what is appended meanwhile moves nothing. */
import type { GraphQLResolveInfo } from "graphql";
import { Malformed } from "./refusal.ts";

export type PageArguments = {
  first?: number | null;
  last?: number | null;
  after?: string | null;
  before?: string | null;
};

const mostPerPage = 100;

const cursorOf = (place: number): string => Buffer.from(`cursor:v1:${place}`).toString("base64");

function placeOf(cursor: string): number {
  const [, place] = /^cursor:v1:(\d{1,9})$/.exec(Buffer.from(cursor, "base64").toString()) ?? [];
  if (place === undefined)
    throw new Malformed("INVALID_CURSOR_ARGUMENTS", `\`${cursor}\` does not appear to be a valid cursor.`);
  return Number(place);
}

/** How many are wanted, of which end. */
function wantedOf({ first, last }: PageArguments, name: string): { count: number; fromEnd: boolean } {
  const count = first ?? last;
  if (count === undefined || count === null) {
    const text = `You must provide a \`first\` or \`last\` value to properly paginate the \`${name}\` connection.`;
    throw new Malformed("MISSING_PAGINATION_BOUNDARIES", text);
  }
  const end = typeof first === "number" ? "first" : "last";
  if (count < 0 || (typeof first === "number" && typeof last === "number"))
    throw new Malformed(
      "UNPROCESSABLE",
      `\`first\` and \`last\` on the \`${name}\` connection cannot be paginated so.`,
    );
  if (count > mostPerPage) {
    const text = `Requesting ${count} records on the \`${name}\` connection exceeds the \`${end}\` limit of ${mostPerPage} records.`;
    throw new Malformed("EXCESSIVE_PAGINATION", text);
  }
  return { count, fromEnd: end === "last" };
}

/** The page of `items` that was asked for, each shown as a node. */
export function connection<T>(
  items: readonly T[],
  wanted: PageArguments,
  { fieldName }: GraphQLResolveInfo,
  show: (item: T) => unknown,
) {
  const { count, fromEnd } = wantedOf(wanted, fieldName);
  const from = wanted.after ? placeOf(wanted.after) + 1 : 0;
  const to = wanted.before ? Math.min(items.length, placeOf(wanted.before)) : items.length;
  const start = fromEnd ? Math.max(from, to - count) : from;
  const end = fromEnd ? to : Math.min(to, from + count);
  const page = items.slice(start, end);
  const pageInfo = {
    hasNextPage: end < items.length,
    hasPreviousPage: start > 0,
    startCursor: page.length > 0 ? cursorOf(start) : null,
    endCursor: page.length > 0 ? cursorOf(end - 1) : null,
  };
  return { nodes: page.map(show), pageInfo, totalCount: items.length };
}
