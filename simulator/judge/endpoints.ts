/** Finds which operation of GitHub's REST API a request means, and reads the parameters out of its path. */
import type { Operation } from "./published-schema.ts";

type Match = { operation: Operation; pathParameters: { [name: string]: string } };
export type Endpoints = (method: string, path: string) => Match | undefined;

type Route = { operation: Operation; pattern: RegExp; names: string[]; literals: number };

const escapeRegExp = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

function routeOf(operation: Operation): Route {
  const names: string[] = [];
  const multiSegment = new Set(operation.parameters.filter((each) => each.multiSegment).map((each) => each.name));
  const parts = operation.path.split(/(\/?\{[^}]+\})/).map((part) => {
    const [, slash = "", name] = /^(\/?)\{(.+)\}$/.exec(part) ?? [];
    if (name === undefined) return escapeRegExp(part);
    names.push(name);
    if (!multiSegment.has(name)) return `${slash}([^/]+)`;
    // At the end it may be empty: the contents of the root are at `/contents/` and `/contents`.
    return operation.path.endsWith(part) ? `(?:${slash}(.*))?` : `${slash}(.+)`;
  });
  const literals = operation.path.split("/").filter((segment) => !segment.startsWith("{")).length;
  return { operation, pattern: new RegExp(`^${parts.join("")}$`), names, literals };
}

/** The value as it was before the client encoded it; a broken escape stays as it is, for the schema to judge. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/**
 * A lookup that prefers the path with the most literal segments, then the fewest parameters: `/issues/comments` is not
 * issue "comments", and `/commits` is the list, not the commit without a name.
 */
export function makeEndpoints(operations: readonly Operation[]): Endpoints {
  const routes = operations.map(routeOf).sort((a, b) => b.literals - a.literals || a.names.length - b.names.length);
  return (method, path) => {
    for (const { operation, pattern, names } of routes) {
      const found = operation.method === method ? pattern.exec(path) : null;
      if (!found) continue;
      const entries = names.map((name, at) => [name, decode(found[at + 1] ?? "")]);
      return { operation, pathParameters: Object.fromEntries(entries) };
    }
    return undefined;
  };
}
