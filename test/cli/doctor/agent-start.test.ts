/** What doctor finds out about an agent's program before a task does. The programs speak as the real ones do at that point. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkAgents } from "../../../cli/doctor/agents.ts";
import type { Check } from "../../../cli/doctor/check.ts";
import type { AgentDefinition } from "../../../workers/agents/adapter.ts";
import type { AgentKind } from "../../../workers/agents/kinds.ts";
import type { SandboxDriver } from "../../../workers/sandbox/sandbox.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "orch-doctor-agents-"));
  await chmod(dir, 0o755);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Claude Code 2.1.329: takes flags up to its prompt whoever is signed in, and says by another command who is. */
const CLAUDE = `
case " $* " in
  *" --version "*) echo "2.1.329 (Claude Code)"; exit 0 ;;
  *" --turns "*) echo "error: unknown option '--turns'" >&2; exit 1 ;;
  *" --max-turns many "*) echo "error: option '--max-turns <turns>' argument 'many' is invalid. must be a number" >&2; exit 1 ;;
  *" auth status "*)
    if [ -n "$ANTHROPIC_API_KEY" ]; then echo '{ "loggedIn": true, "authMethod": "api_key" }'; exit 0; fi
    echo '{ "loggedIn": false, "authMethod": "none" }'; exit 1 ;;
esac
[ -d "$CLAUDE_CONFIG_DIR" ] || mkdir -p "$CLAUDE_CONFIG_DIR" || exit 9
[ -z "$(cat)" ] && echo "Error: Input must be provided either through stdin or as a prompt argument when using --print" >&2
exit 1`;

/** Gemini CLI 0.61.0: wants its settings in its home, then its key, then its prompt. */
const GEMINI = `
case " $* " in
  *" --version "*) echo "0.61.0"; exit 0 ;;
  *" --bad "*) printf 'Unknown argument: bad\\nUsage: gemini [options] [command]\\n' >&2; exit 1 ;;
  *" --approval-mode zzz "*) printf 'Invalid values:\\n  Argument: approval-mode, Given: "zzz"\\nUsage: gemini\\n' >&2; exit 1 ;;
esac
echo "YOLO mode is enabled. All tool calls will be automatically approved." >&2
grep -q gemini-api-key "$GEMINI_CLI_HOME/.gemini/settings.json" || exit 9
[ -n "$GEMINI_API_KEY" ] || { echo "When using Gemini API, you must specify the GEMINI_API_KEY environment variable." >&2; exit 41; }
[ -z "$(cat)" ] && echo "No input provided via stdin. Input can be provided by piping data into gemini." >&2
exit 42`;

const driver: SandboxDriver = { name: "none", wrap: (_confinement, command) => [...command] };

type Given = { kind?: AgentKind; script: string; args?: string[]; key?: Record<string, string> };

async function found({ kind = "claude", script, args = [], key = {} }: Given): Promise<Check[]> {
  const program = join(dir, `${kind}-${Math.random().toString(36).slice(2)}`);
  await writeFile(program, `#!/bin/sh${script}\n`, { mode: 0o755 });
  const agent: AgentDefinition = {
    ...{ name: "helper", kind, command: [program, ...args], env: {}, readable: [] },
    passEnv: Object.keys(key),
  };
  const checks = await checkAgents(
    [agent],
    { ...key, ORCH_DATA: join(dir, "data") },
    { driver, user: { slot: 0 }, dir },
  );
  return checks.map((check) => ({ ...check, detail: check.detail.replaceAll(program, kind) }));
}

const claudeKey = { ANTHROPIC_API_KEY: "sk-ant-a-key-of-the-tests" };
const geminiKey = { GEMINI_API_KEY: "a-key-of-the-tests" };

describe("a program that a task could start", () => {
  test.each<[string, Given, string]>([
    [
      "Claude Code",
      { script: CLAUDE, args: ["--max-turns", "80"], key: claudeKey },
      "claude --max-turns 80 2.1.329 (kind claude)",
    ],
    ["Gemini CLI", { kind: "gemini", script: GEMINI, key: geminiKey }, "gemini 0.61.0 (kind gemini)"],
  ])("is well: %s", async (_what, given, detail) => {
    expect(await found(given)).toEqual([{ name: "helper", status: "ok", detail }]);
  });
});

describe("told before a task finds out:", () => {
  const wrong = async (given: Given) => {
    const [check, ...more] = await found(given);
    expect(more).toEqual([]);
    expect(check).toMatchObject({ name: "helper", status: "problem" });
    return `${check?.detail} -> ${check?.remedy}`;
  };

  test.each<[string, Given, RegExp]>([
    ["Claude Code", { script: CLAUDE }, /nobody is signed in: .*-> set ANTHROPIC_API_KEY, or CLAUDE_CODE_OAUTH_TOKEN/],
    ["Gemini CLI", { kind: "gemini", script: GEMINI }, /nobody is signed in: .*-> set GEMINI_API_KEY/],
  ])("nobody is signed in to %s", async (_what, given, words) => {
    expect(await wrong(given)).toMatch(words);
  });

  test.each<[string, Given, string]>([
    ["claude", { script: CLAUDE, args: ["--turns", "3"], key: claudeKey }, "error: unknown option '--turns'"],
    [
      "claude",
      { script: CLAUDE, args: ["--max-turns", "many"], key: claudeKey },
      "argument 'many' is invalid. must be a number",
    ],
    ["gemini", { kind: "gemini", script: GEMINI, args: ["--bad"], key: geminiKey }, "Unknown argument: bad"],
    [
      "gemini",
      { kind: "gemini", script: GEMINI, args: ["--approval-mode", "zzz"] },
      'Invalid values: Argument: approval-mode, Given: "zzz"',
    ],
  ])("a flag that %s refuses, with its words", async (_kind, given, words) => {
    expect(await wrong(given)).toContain(words);
  });

  test("a program that cannot even say its version", async () => {
    const script = `\necho "node: /lib/libc.so.6: version GLIBC_2.38 not found" >&2; exit 1`;
    expect(await wrong({ script, key: claudeKey })).toContain(
      "`claude --version` ends with exit code 1: node: /lib/libc",
    );
  });
});

test("words that are not known prove nothing, and are shown without the agent's key", async () => {
  const script = `\n[ "$1" = --version ] && { echo 3.0.0; exit 0; }\necho "no $ANTHROPIC_API_KEY here" >&2; exit 7`;
  const [, check] = await found({ script, key: claudeKey });
  expect(check).toMatchObject({
    status: "note",
    detail: expect.stringMatching(/is not known: .* exit code 7: no \[redacted\] here/),
  });
});

test("a command of which nothing is known is not started", async () => {
  const script = `\ntouch ${join(dir, "started")}`;
  expect(await found({ kind: "plain", script })).toMatchObject([{ status: "ok" }]);
  expect(await rm(join(dir, "started")).catch(() => "not there")).toBe("not there");
});
