/**
 * Would an agent's program start as a task starts it? It is started so, in the sandbox and with the agent's own variables, but
 * without a prompt and without a way out: it refuses its flags and what they are set to, says that nobody is signed in, or asks
 * for a prompt and ends. No model hears of it. Only of programs whose words at that point are known.
 */
import { randomUUID } from "node:crypto";
import { visibleText } from "../../src/text/clean.ts";
import { printedForms, withoutSecrets } from "../../src/text/known-secrets.ts";
import type { AgentDefinition, Launch } from "../../workers/agents/adapter.ts";
import { adapterFor } from "../../workers/agents/adapters.ts";
import type { AgentKind } from "../../workers/agents/kinds.ts";
import { secretsOf } from "../../workers/agents/secrets.ts";
import type { Finished } from "../../workers/run-program.ts";
import { type Check, note, problem } from "./check.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Runs a command in the sandbox, in one and the same home, into which these files are laid before. */
export type RunInside = (command: readonly string[], env: Launch["env"], files: Launch["files"]) => Promise<Finished>;

type KnownProgram = {
  /** What it says, and only then, when there is no prompt: all before that was to its liking. */
  asksForPrompt: RegExp;
  /** What it says of a flag that it does not know, or of what one is set to. */
  refusesFlags: RegExp;
  /** Says who is signed in, with a non-zero exit when nobody is. Where a program has none, its start says so. */
  askWho?: string[];
  isSignedOut: RegExp;
  signIn: string;
};

/** As observed with the versions of docs/agents.md. */
const known: Record<AgentKind, KnownProgram | undefined> = {
  claude: {
    asksForPrompt: /^Error: Input must be provided/m,
    refusesFlags: /^error: .*(unknown option|is invalid|argument missing|cannot be used)/im,
    askWho: ["auth", "status"],
    isSignedOut: /"loggedIn":\s*false|not logged in/i,
    signIn: "ANTHROPIC_API_KEY, or CLAUDE_CODE_OAUTH_TOKEN (`claude setup-token` makes one)",
  },
  gemini: {
    asksForPrompt: /^No input provided via stdin/m,
    refusesFlags: /^(Unknown arguments?|Invalid values|Not enough arguments|Missing required argument|Cannot use)\b/im,
    isSignedOut: /must specify the GEMINI_API_KEY|set an Auth method|must specify .*GOOGLE_/i,
    signIn: "GEMINI_API_KEY, or what Vertex AI takes",
  },
  plain: undefined,
  jsonl: undefined,
};

export const isKnownProgram = ({ kind }: AgentDefinition): boolean => known[kind] !== undefined;

/** Empty: a task could start it. */
export async function checkStart(agent: AgentDefinition, env: Env, homeDir: string, run: RunInside): Promise<Check[]> {
  const program = known[agent.kind];
  if (!program) return [];
  const launch = adapterFor(agent.kind).launch(agent, { homeDir, sessionId: randomUUID(), env });
  const secrets = printedForms(secretsOf(agent, env));
  const tried = async (command: readonly string[], files: Launch["files"]) => {
    const { stdout, stderr, ...end } = await run(command, launch.env, files);
    return { ...end, words: withoutSecrets(`${stderr}\n${stdout}`, secrets) };
  };
  const { words, ...end } = await tried(launch.command, launch.files);
  if (program.refusesFlags.test(words)) return [refusedFlags(agent, lineWith(words, program.refusesFlags))];
  if (program.isSignedOut.test(words)) return [signedOut(agent, program)];
  if (!program.asksForPrompt.test(words)) return [unknownWords(agent, { ...end, words })];
  if (!program.askWho) return [];
  const who = await tried([...agent.command, ...program.askWho], []);
  return who.exitCode !== 0 && program.isSignedOut.test(who.words) ? [signedOut(agent, program)] : [];
}

const refusedFlags = ({ name }: AgentDefinition, said: string): Check =>
  problem(name, `its program does not start with these settings: ${said}`, "correct `command` or `model` of the agent");

/** The home of each task is new and empty: a sign-in in somebody's home on this machine is not there. */
const signedOut = ({ name }: AgentDefinition, { signIn }: KnownProgram): Check =>
  problem(
    name,
    "nobody is signed in: it has no credential among its variables, and a task begins with an empty home",
    `set ${signIn} for the worker host and name it under \`passEnv\` or \`env\``,
  );

/** Another version may have other words: that is no proof of anything. */
function unknownWords({ name }: AgentDefinition, end: Pick<Finished, "exitCode" | "timedOut"> & { words: string }) {
  const last = visibleText(end.words).trim().split("\n").at(-1)?.slice(0, 200);
  const how = end.timedOut ? "did not come to ask for one in time" : `ended with exit code ${end.exitCode ?? "none"}`;
  return note(name, `whether a task could start it is not known: without a prompt it ${how}${last ? `: ${last}` : ""}`);
}

/** The line that says it; where it ends in a colon, the one below as well. */
function lineWith(words: string, pattern: RegExp): string {
  const lines = visibleText(words).split("\n");
  const at = lines.findIndex((line) => pattern.test(line));
  const said = (lines[at] ?? "").trim();
  return `${said}${said.endsWith(":") ? ` ${lines[at + 1]?.trim() ?? ""}` : ""}`.slice(0, 300);
}
