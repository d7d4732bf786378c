/** What README and docs say exists, exists; what the code knows, they tell. */
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { openPages } from "../dashboard/dashboard.ts";
import type { DashboardDeps } from "../dashboard/deps.ts";
import { REQUEST_SETTINGS, SETTING_NAMES, VERB_NAMES, VERBS } from "../src/command/verbs.ts";
import { METRICS } from "../src/metrics/names.ts";
import { METRICS_PATH, SCALE_PATH } from "../src/metrics-server.ts";
import { hostSets } from "../src/reach/host-sets.ts";
import { SETTINGS } from "../src/settings/environment.ts";
import { parseOperatorFile } from "../workers/operator-file.ts";

const files = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", ...globSync("docs/*.md")].sort();
const texts = new Map(files.map((file) => [file, readFileSync(file, "utf8")]));
const readme = texts.get("README.md") ?? "";
const configuration = texts.get("docs/configuration.md") ?? "";
const operations = texts.get("docs/operations.md") ?? "";

const topLevel = new Set(readdirSync("."));
/** They lie in other people's repositories. */
const ELSEWHERE = /^\.github\/(orch\.ya?ml|workflows)$/;

/** Code spans that begin with one of our files or folders: `src/task/task.ts`, `workers/publish/`. */
function pathsIn(text: string): string[] {
  const spans = [...text.matchAll(/`([^`\s]+)`/g)].map(([, span = ""]) => span);
  return spans.filter((span) => {
    const [first = "", ...rest] = span.split("/");
    return (
      topLevel.has(first) && (rest.length > 0 || first.includes(".")) && !/[*<…]/.test(span) && !ELSEWHERE.test(span)
    );
  });
}

function linksIn(file: string, text: string): string[] {
  const targets = [...text.matchAll(/\]\(([^)\s#]+)/g)].map(([, target = ""]) => target);
  return targets.filter((target) => !/^https?:/.test(target)).map((target) => normalize(join(dirname(file), target)));
}

function rowsOf(text: string, heading: string): string[] {
  const section = text.split(/^## /m).find((part) => part.startsWith(heading)) ?? "";
  return [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name = ""]) => name);
}

describe.each([...texts])("%s", (file, text) => {
  test("names only files and folders that exist", () => {
    const named = [...pathsIn(text), ...linksIn(file, text)];
    expect(named.filter((path) => !existsSync(path))).toEqual([]);
  });

  test("names only npm scripts that exist", () => {
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
    const named = [...text.matchAll(/npm (?:run ([\w:]+(?:-\w+)*)|(start|test)\b)/g)].map(
      ([, run, bare]) => run ?? bare ?? "",
    );
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });
});

test("README's path of one command leads through many files, in the bot and in the worker host", () => {
  const path = readme.split(/^## /m).find((part) => part.startsWith("The path of one command")) ?? "";
  const paths = linksIn("README.md", path);
  expect(paths.filter((each) => each.startsWith("src/")).length).toBeGreaterThan(8);
  expect(paths.filter((each) => each.startsWith("workers/")).length).toBeGreaterThan(8);
});

test("README's pictures are there", () => {
  const pictures = [...readme.matchAll(/<img src="([^"]+)"/g)].map(([, source = ""]) => source);
  expect(pictures.length).toBeGreaterThan(0);
  expect(pictures.filter((picture) => !existsSync(picture))).toEqual([]);
});

describe("the commands page", () => {
  const commands = texts.get("docs/commands.md") ?? "";
  const rows = (heading: string) => {
    const section = commands.split(/^## /m).find((part) => part.startsWith(heading)) ?? "";
    return [...section.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(([, name, does]) => [name, does]);
  };

  test("has every verb exactly as the help tells of it, below a request", () => {
    const verbs = VERB_NAMES.map((verb) => [`/orch ${VERBS[verb].usage}`, VERBS[verb].does]);
    expect(rows("Verbs").slice(1)).toEqual(verbs);
  });

  test("names every other spelling of a verb", () => {
    const [spellings = ""] = /^`stop`.*$/m.exec(commands) ?? [];
    for (const verb of VERB_NAMES) for (const also of VERBS[verb].also) expect(spellings).toContain(`\`${also}\``);
  });

  test("has every setting exactly as the help tells of it", () => {
    expect(rows("Settings")).toEqual(SETTING_NAMES.map((name) => [`${name}=`, REQUEST_SETTINGS[name].does]));
  });

  test("is what README's table is a part of", () => {
    const named = [...readme.matchAll(/^\| `\/orch (\w+)` \|/gm)].map(([, verb]) => verb);
    expect(named.sort()).toEqual([...VERB_NAMES].sort());
  });
});

test("README asks for exactly the permissions of app.yml", () => {
  const { default_permissions: asked } = parse(readFileSync("app.yml", "utf8")) as {
    default_permissions: Record<string, string>;
  };
  const named = [...readme.matchAll(/`(\w+: (?:read|write))`/g)].map(([, permission]) => permission);
  expect(named.sort()).toEqual(
    Object.entries(asked)
      .map(([name, level]) => `${name}: ${level}`)
      .sort(),
  );
});

test("the configuration page has every setting of the environment exactly once", () => {
  expect(rowsOf(configuration, "The environment").sort()).toEqual(Object.keys(SETTINGS).sort());
});

type Schema = { properties?: Record<string, Schema>; additionalProperties?: Schema | false };

/** Every key as a path; `*` stands for a name of one's own. */
function keysOf(schema: Schema, prefix = ""): string[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, value]) => [
    `${prefix}${key}`,
    ...keysOf(value, `${prefix}${key}.`),
  ]);
  const named = schema.additionalProperties ? keysOf(schema.additionalProperties, `${prefix}*.`) : [];
  return [...own, ...named];
}

test.each([
  ["The operator's file", "schemas/orch-config.schema.json"],
  ["`.github/orch.yml`", "schemas/orch-repository.schema.json"],
])("the configuration page has every key of %s exactly once", (heading, schema) => {
  const keys = keysOf(JSON.parse(readFileSync(schema, "utf8")) as Schema);
  expect(keys.length).toBeGreaterThan(1);
  expect(rowsOf(configuration, heading).sort()).toEqual(keys.sort());
});

test("the agents page names every set of hosts exactly once among the sets", () => {
  const [, lists = ""] = /one of these sets;.*\n\n((?:- .*\n)+)/.exec(texts.get("docs/agents.md") ?? "") ?? [];
  const named = [...lists.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
  expect(named.sort()).toEqual(Object.keys(hostSets).sort());
});

describe("the metrics page", () => {
  const page = texts.get("docs/metrics.md") ?? "";

  test("has every metric exactly once, as a scrape tells of it", () => {
    const rows = [...page.matchAll(/^\| `(\w+)` \| (\w+) \| (.*) \| (.+) \|$/gm)].map(([, ...fields]) => fields);
    const told = Object.entries(METRICS).map(([name, { kind, labels, help }]) => [
      name,
      kind,
      labels.map((label) => `\`${label}\``).join(", "),
      help,
    ]);
    expect(rows).toEqual(told);
  });

  test("has every route exactly once", () => {
    const routes = [...page.matchAll(/^\| `GET ([^`]+)` \|/gm)].map(([, path]) => path);
    expect(routes).toEqual([METRICS_PATH, SCALE_PATH]);
  });

  test.each(["operations/grafana-dashboard.json", "operations/prometheus-alerts.yml"])(
    "%s asks for what there is",
    (file) => {
      const text = readFileSync(file, "utf8");
      const { groups = [], panels = [] } = parse(text) as Operations;
      const asked = [...groups.flatMap(({ rules }) => rules), ...panels.flatMap(({ targets }) => targets)];
      expect(asked.length).toBeGreaterThan(5);
      for (const { expr } of asked)
        expect(
          namesIn(expr).filter((name) => !known.has(name)),
          expr,
        ).toEqual([]);
      for (const { expr } of asked)
        expect(
          labelsIn(expr).filter(([name, label]) => !hasLabel(name, label)),
          expr,
        ).toEqual([]);
    },
  );

  type Operations = { groups?: { rules: { expr: string }[] }[]; panels?: { targets: { expr: string }[] }[] };
  const metrics: [string, { kind: string; labels: readonly string[] }][] = Object.entries(METRICS);
  const known = new Set(
    metrics.flatMap(([name, { kind }]) =>
      kind === "histogram" ? ["bucket", "sum", "count"].map((part) => `${name}_${part}`) : [name],
    ),
  );
  const namesIn = (expr: string) => [...expr.matchAll(/\b(?:orch|cicd|vcs)_\w+/g)].map(([name]) => name);
  const labelsIn = (expr: string): [string, string][] => {
    const [name = ""] = namesIn(expr);
    const grouped = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(", "));
    const matched = [...expr.matchAll(/(\w+)=~?"/g)].map(([, label = ""]) => label);
    return [...grouped, ...matched].map((label) => [name, label]);
  };
  const hasLabel = (name: string, label: string) =>
    (label === "le" && name.endsWith("_bucket")) ||
    metrics.some(([each, { labels }]) => name.startsWith(each) && labels.includes(label));
});

test("the page about seeing and operating has every route of the dashboard exactly once, and who it is for", () => {
  const subscriber = { on: () => undefined, off: () => undefined, subscribe: async () => 0 };
  const { routes } = openPages({ subscriber, now: Date.now } as unknown as DashboardDeps);
  const page = texts.get("docs/see-and-operate.md") ?? "";
  const rows = [...page.matchAll(/^\| `((?:GET|POST) [^`]+)` \| .+ \| ?(\w*) ?\|$/gm)].map(([, name, who]) => [
    name,
    who,
  ]);
  const told = routes.map(({ method, path, operatorsOnly }) => [`${method} ${path}`, operatorsOnly ? "operators" : ""]);
  expect(rows.sort()).toEqual(told.sort());
});

test("every picture in the docs is there", () => {
  const pictures = [...texts].flatMap(([file, text]) =>
    [...text.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, path = ""]) => normalize(join(dirname(file), path))),
  );
  expect(pictures.filter((path) => !existsSync(path))).toEqual([]);
});

test("the operations page explains every outcome exactly once", () => {
  const source = readFileSync("src/task/outcome.ts", "utf8");
  const union = source.slice(source.indexOf("export type Outcome ="), source.indexOf("export type RunEnd ="));
  const outcomes = [...union.matchAll(/\| \{\s*kind: "(\w+)"/g)].map(([, kind = ""]) => kind);
  expect(outcomes).toContain("pull_request");
  expect(rowsOf(operations, "What each outcome means").sort()).toEqual(outcomes.sort());
});

test("compose.yaml publishes bot and dashboard on this machine alone, and has the dashboard listen where people sign in", () => {
  const { services } = parse(readFileSync("compose.yaml", "utf8")) as {
    services: { bot: { ports: string[]; environment: Record<string, string> } };
  };
  expect(services.bot.ports).toEqual(["127.0.0.1:3000:3000", "127.0.0.1:3001:3001"]);
  expect(services.bot.environment.DASHBOARD_HOST).toBe(`\${DASHBOARD_URL:+0.0.0.0}`);
});

test("compose.yaml gives a worker that is drained the time that a run may take by default", () => {
  const { services } = parse(readFileSync("compose.yaml", "utf8")) as {
    services: { worker: { stop_grace_period: string } };
  };
  const { limits } = parseOperatorFile("agents: { a: { kind: plain, command: [a] } }", "orch.yml");
  const minutes = Number(/^(\d+)m$/.exec(services.worker.stop_grace_period)?.[1]);
  expect(minutes).toBeGreaterThanOrEqual(limits.totalMinutes + limits.publishingMinutes);
});
