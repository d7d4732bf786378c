/** The environment and the operator's file, read by the very functions that the programs read them with: all problems at once. */
import { ConfigError, type Env, readBotConfig, readHostConfig } from "../../src/config.ts";
import { dataDirOf } from "../../src/data-dir.ts";
import { type OperatorFile, readOperatorFile } from "../../workers/operator-file.ts";
import { type Check, note, ok, problem } from "./check.ts";
import { checkMeeting } from "./meeting.ts";
import { completed, hasNoApp, type Role } from "./role.ts";

/** Refers to the documents; each problem's own sentence says the rest. */
const REMEDY =
  "set it in .env or in the environment; .env.example and docs/configuration.md say what each setting means";

export function checkSettings(env: Env, role: Role): { checks: Check[]; operator: OperatorFile | undefined } {
  const isSplit = !role.bot || !role.host;
  const full = isSplit ? env : completed(env);
  const host = role.host ? attempt(() => readOperatorFile(env.ORCH_CONFIG)) : undefined;
  const checks = [
    ...(role.bot ? botChecks(env, full) : [note("bot", "not checked: this machine has a BOT_URL and no App settings")]),
    ...(role.host
      ? [
          ...describe("worker host", () => readHostConfig(full), `data folder ${dataDirOf(env)}`),
          ...fileProblems(env.ORCH_CONFIG, host?.problems ?? []),
        ]
      : [note("worker host", "not checked: ORCH_CONFIG is unset, so no agent can run on this machine")]),
    ...checkMeeting(
      role.bot ? attempt(() => readBotConfig(full)).value : undefined,
      role.host ? attempt(() => readHostConfig(full)).value : undefined,
    ),
    ...(isSplit || env.WORKER_SECRET ? [] : [ok("WORKER_SECRET", "unset: `npm start` keeps one in the data folder")]),
  ];
  const operator = host?.value;
  if (operator) checks.push(ok("operator's file", `${env.ORCH_CONFIG} (${operatorLine(operator)})`));
  return { checks: distinct(checks), operator };
}

function operatorLine({ agents, defaultAgent, slots, sandbox }: OperatorFile): string {
  return `agents ${[...agents.keys()].join(", ")}; default ${defaultAgent}; ${slots} slots; sandbox ${sandbox}`;
}

function botChecks(env: Env, full: Env): Check[] {
  if (hasNoApp(env)) {
    const remedy = "`npm start` leads you through creating one. To see Orch work without GitHub first: npm run demo";
    return [problem("GitHub App", "there is none yet (APP_ID and PRIVATE_KEY are unset)", remedy)];
  }
  return describe("bot", () => readBotConfig(full), `App ${env.APP_ID}, key readable, webhook secret set`);
}

function describe(name: string, read: () => unknown, fine: string): Check[] {
  const found = attempt(read).problems;
  return found.length > 0 ? problems(name, found) : [ok(name, fine)];
}

function problems(name: string, found: readonly string[], remedy = REMEDY): Check[] {
  return found.map((text) => problem(name, text, remedy));
}

/** What stands in the file is corrected there; only that there is no file is a matter of the settings. */
function fileProblems(file: string | undefined, found: readonly string[]): Check[] {
  const inFile = `correct it in ${file}; orch.example.yml shows every key, docs/configuration.md says what each means`;
  return found.flatMap((text) => problems("operator's file", [text], text.startsWith("ORCH_CONFIG") ? REMEDY : inFile));
}

function attempt<T>(read: () => T): { value?: T; problems: readonly string[] } {
  try {
    return { value: read(), problems: [] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { problems: error.problems };
  }
}

/** Bot and worker host share settings, and then complain about the same ones. */
function distinct(checks: readonly Check[]): Check[] {
  return checks.filter((check, index) => checks.findIndex(({ detail }) => detail === check.detail) === index);
}
