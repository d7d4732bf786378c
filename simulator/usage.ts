/** What each installation asked for and wrote, for tests that count. */
export type Usage = {
  /** REST requests that cost budget: all but those answered 304. Tokens are asked for by the App, not the installation. */
  requests: number;
  notModified: number;
  /** Points that GraphQL cost: its budget is another one. */
  graphqlPoints: number;
  /** Comments, issues, pull requests and reviews that were written or changed; reactions, labels and checks are apart. */
  contentWrites: number;
  /** How often each route was answered below 400, as "POST /repos/{owner}/{repo}/issues/{number}/comments". */
  routes: Readonly<Record<string, number>>;
};

/** `path` as its pattern: /repos/{owner}/{repo}/issues */
type AskedRoute = { method: string; path: string };

const contentPath = /\/(issues|pulls|comments|reviews)(\/\{(number|id)\})?$|\/replies$/;
const isContentWrite = ({ method, path }: AskedRoute): boolean =>
  ["POST", "PATCH"].includes(method) && contentPath.test(path);

export type UsageBook = {
  note(who: string, route: AskedRoute | undefined, status: number): void;
  noteGraphql(who: string, points: number): void;
  of(who: string): Usage;
};

export function makeUsage(): UsageBook {
  const book = new Map<string, Usage & { routes: Record<string, number> }>();
  const pageOf = (who: string) => {
    const page = book.get(who) ?? { requests: 0, notModified: 0, graphqlPoints: 0, contentWrites: 0, routes: {} };
    book.set(who, page);
    return page;
  };
  return {
    note(who, route, status) {
      const page = pageOf(who);
      page[status === 304 ? "notModified" : "requests"] += 1;
      if (!route || status >= 400) return;
      const name = `${route.method} ${route.path}`;
      page.routes[name] = (page.routes[name] ?? 0) + 1;
      if (isContentWrite(route)) page.contentWrites += 1;
    },
    noteGraphql(who, points) {
      pageOf(who).graphqlPoints += points;
    },
    of: (who) => structuredClone(pageOf(who)),
  };
}
