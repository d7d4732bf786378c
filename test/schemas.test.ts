/** The published schemas are what Orch reads by, and the example file is right and complete. */
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { renderSchemas } from "../scripts/update-schemas.ts";
import { ConfigError } from "../src/config.ts";
import { parseRepositoryFile } from "../src/settings/repository-file.ts";
import { parseOperatorFile } from "../workers/operator-file.ts";

type Schema = { properties: Record<string, Schema>; additionalProperties: Schema };

const EXAMPLE = "orch.example.yml";
const example = readFileSync(EXAMPLE, "utf8");
/** Everything that stands there to be uncommented, uncommented. */
const wholeExample = example.replaceAll(/^( *)#(?=\S)/gm, "$1");
const operatorSchema = JSON.parse(readFileSync("schemas/orch-config.schema.json", "utf8")) as Schema;
const repositorySchema = JSON.parse(readFileSync("schemas/orch-repository.schema.json", "utf8")) as Schema;

const ajv = new Ajv({ strict: true, strictTuples: false, allErrors: true });
const fitsOperator = ajv.compile(operatorSchema);
const fitsRepository = ajv.compile(repositorySchema);

test("the schemas in the repository are up to date; otherwise: node scripts/update-schemas.ts", () => {
  for (const [file, text] of renderSchemas()) expect(readFileSync(file, "utf8"), file).toBe(text);
});

describe("an editor and Orch are of one mind about the operator's file:", () => {
  test.each([
    ["the example", example, true],
    ["the example with all that can be uncommented", wholeExample, true],
    ["the smallest", "agents: { a: { kind: plain, command: [a] } }", true],
    ["no agents", "slots: 2", false],
    ["an unknown key", "agents: { a: { kind: plain, command: [a] } }\nslotz: 2", false],
    ["an unknown limit", "agents: { a: { kind: plain, command: [a] } }\nlimits: { totalMinute: 2 }", false],
    ["a limit that is none", "agents: { a: { kind: plain, command: [a] } }\nlimits: { totalMinutes: 0 }", false],
    ["an unknown kind", "agents: { a: { kind: magic, command: [a] } }", false],
    ["a command as one string", "agents: { a: { kind: plain, command: a --b } }", false],
    ["an empty command", "agents: { a: { kind: plain, command: [] } }", false],
    [
      "what may be reached",
      `agents: { a: { kind: plain, command: [a], egress: open } }\nverify: { allow: [npm] }`,
      true,
    ],
    ["a network that is none", "agents: { a: { kind: plain, command: [a] } }\negress: closed", false],
    ["too many connections", "agents: { a: { kind: plain, command: [a] } }\nlimits: { connections: 5000 }", false],
    ["a name with capitals", "agents: { Agent: { kind: plain, command: [a] } }", false],
    [
      "a repository that defines a sandbox of its own",
      "agents: { a: { kind: plain, command: [a] } }\nsandbox: off",
      false,
    ],
  ])("%s", (_what, text, isRight) => {
    expect(fitsOperator(parse(text)), JSON.stringify(fitsOperator.errors)).toBe(isRight);
    const read = () => parseOperatorFile(text, EXAMPLE);
    if (isRight) expect(read().agents.size).toBeGreaterThan(0);
    else expect(read).toThrow(ConfigError);
  });
});

describe("an editor and Orch are of one mind about .github/orch.yml:", () => {
  test.each([
    ["the sample repository's own", readFileSync("demo/sample-repository/.github/orch.yml", "utf8"), true],
    ["a shell line", "verify: npm ci && npm test", true],
    ["a list of words, and an agent", "agent: claude\nverify: [npm, test]", true],
    ["an agent of its own", "agents: { mine: { kind: plain, command: [a] } }", false],
    ["an empty verify", 'verify: ""', false],
    ["a narrower network", "egress: listed\nallow: [npm, example.com]", true],
    ["a network that is none", "egress: closed", false],
    ["a schedule", "schedules: { nightly: { cron: '0 3 * * 1-5', timezone: Europe/Berlin, run: fix it } }", true],
    ["a schedule with a name of its own", "schedules: { weekly: { cron: '@weekly', run: fix it, issue: 4 } }", true],
    ["a schedule with seconds", "schedules: { nightly: { cron: '0 0 3 * * *', run: fix it } }", false],
    ["a schedule by an offset", "schedules: { nightly: { cron: '0 3 * * *', timezone: '+02:00', run: x } }", false],
    ["a schedule with capitals", "schedules: { Nightly: { cron: '0 3 * * *', run: x } }", false],
    ["a schedule that asks for nothing", "schedules: { nightly: { cron: '0 3 * * *', run: ' ' } }", false],
    ["a schedule with a key that nobody knows", "schedules: { a: { cron: '0 3 * * *', run: x, at: 3 } }", false],
  ])("%s", (_what, text, isRight) => {
    expect(fitsRepository(parse(text))).toBe(isRight);
    const read = () => parseRepositoryFile([{ path: ".github/orch.yml", text }]);
    if (isRight) expect(read()).toBeTruthy();
    else expect(read).toThrow("not usable");
  });
});

test("the example defines an agent of each kind once everything is uncommented", () => {
  const kinds = [...parseOperatorFile(wholeExample, EXAMPLE).agents.values()].map(({ kind }) => kind);
  expect(kinds.sort()).toEqual(["claude", "gemini", "jsonl", "plain"]);
});

test("the example documents every key exactly once", () => {
  const count = (pattern: RegExp) => [...example.matchAll(pattern)].length;
  const { agents, limits, ...top } = operatorSchema.properties;
  for (const key of ["agents", "limits", ...Object.keys(top)].map((name) => name.replace("$", "\\$"))) {
    expect(count(new RegExp(`^#?${key}:`, "gm")), key).toBe(1);
  }
  for (const key of Object.keys(limits?.properties ?? {})) {
    expect(count(new RegExp(`^ {2}# .*\\n {2}#?${key}: `, "gm")), key).toBe(1);
  }
  const agentKeys = Object.keys(agents?.additionalProperties.properties ?? {});
  expect(agentKeys.length).toBeGreaterThan(4);
  for (const key of agentKeys) expect(count(new RegExp(`^# {3}${key} {2,}\\S`, "gm")), key).toBe(1);
});
