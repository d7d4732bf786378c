/**
 * Pagination: `per_page` up to 100, `page` from 1, a Link header with first, prev, next and last.
 * https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
 */
import type { Call } from "./call.ts";
import type { Reply } from "./reply.ts";

const positive = (text: string | null, fallback: number): number => {
  const value = Number(text);
  return Number.isInteger(value) && value > 0 ? value : fallback;
};

function linkHeader(url: URL, page: number, last: number): string | undefined {
  const links: [string, number][] = [];
  if (page > 1) links.push(["prev", page - 1], ["first", 1]);
  if (page < last) links.push(["next", page + 1], ["last", last]);
  const to = (target: number): string => {
    const copy = new URL(url);
    copy.searchParams.set("page", String(target));
    return copy.href;
  };
  return links.length === 0 ? undefined : links.map(([name, to_]) => `<${to(to_)}>; rel="${name}"`).join(", ");
}

/** The items of the asked page, and the headers that lead to the others. */
function pageOf<T>(call: Call, items: readonly T[]): { items: T[]; headers: Record<string, string> } {
  const size = Math.min(100, positive(call.url.searchParams.get("per_page"), 30));
  const page = positive(call.url.searchParams.get("page"), 1);
  const link = linkHeader(call.url, page, Math.max(1, Math.ceil(items.length / size)));
  return { items: items.slice((page - 1) * size, page * size), headers: link ? { link } : {} };
}

/** A page of a list. */
export async function listed<T>(call: Call, all: readonly T[], show: (item: T) => unknown): Promise<Reply> {
  const { items, headers } = pageOf(call, all);
  return { status: 200, body: await Promise.all(items.map(show)), headers };
}

/** A page of a list inside an object with `total_count`. */
export async function counted<T>(
  call: Call,
  key: string,
  all: readonly T[],
  show: (item: T) => unknown,
  more: Record<string, unknown> = {},
): Promise<Reply> {
  const { items, headers } = pageOf(call, all);
  const shown = await Promise.all(items.map(show));
  return { status: 200, body: { total_count: all.length, ...more, [key]: shown }, headers };
}
