/**
 * The seam between Orch and an agent program: how it is started, how its output is read, and on what its success is
 * judged. One file per kind; nothing outside these files knows any agent's flags or output.
 */
import type { Reach } from "../../src/reach/read-allow.ts";
import type { Resources } from "../../src/settings/resources.ts";
import type { AgentEvent, ErrorEvent, ErrorReason, FinalEvent } from "./event.ts";
import type { AgentKind } from "./kinds.ts";
import type { McpDefinition, McpServer } from "./mcp.ts";

/** An agent as the operator's file defines it (definitions.ts reads it). What it may reach beside its model: `Reach`. */
export type AgentDefinition = Reach & {
  name: string;
  kind: AgentKind;
  /** The program and the arguments that always come first; the adapter appends its own. */
  command: string[];
  /** Literal settings, or `$NAME`: the value of NAME in the host's environment. */
  env: Record<string, string>;
  /** Names taken over from the host's environment, where they are set. */
  passEnv: string[];
  /** Absolute paths that the sandbox shows read-only, beside the system's own. */
  readable: string[];
  model?: string;
  /** What its model costs, where its program does not say what it has used in dollars. */
  price?: Price | undefined;
  /** What a run of it may use of the machine, where that is less than what any may. */
  limits?: Resources | undefined;
  /** Only of kind jsonl: where below its home it keeps its sessions, as relative paths. */
  sessionPaths?: string[];
  /** MCP servers that its CLI starts, by name; only of kinds that start any. */
  mcp?: Record<string, McpDefinition>;
};

/** US dollars for a million tokens; `cached`: read from a cache; none: as much as any that are read. */
export type Price = { input: number; output: number; cached?: number | undefined };

export type Subagents = "few" | "none";
/** Few, for a program that takes numbers: at once, and in all of a session. */
export const FEW_SUBAGENTS = { atOnce: 3, inSession: 20 } as const;

/** What a launch needs to know about the run. */
export type LaunchRun = {
  /** The agent's private, writable $HOME as the agent sees it. */
  homeDir: string;
  /** A UUID for a new session; the agents that let themselves be told one use it. */
  sessionId: string;
  /** The session to go on with: one that an earlier step of this run, or an earlier task, has named by a `session` event. */
  resume?: string;
  /** The MCP servers that its CLI is to start, Orch's own first; a kind that starts none has `orch-agent` on its PATH. */
  mcp?: readonly McpServer[];
  /**
   * Agents that its CLI starts by itself: few, where it can be told a number, or none, where it can be told that. Orch counts none of them, and
   * each costs as much as any.
   */
  subagents?: Subagents;
  /** What its session may have cost when this step is over, US dollars; none: no limit. */
  maxUsd?: number | undefined;
  /** The host's environment, from which only what the definition names is taken. */
  env: Readonly<Record<string, string | undefined>>;
};

/** The prompt always arrives on standard input. `files` are written below the home directory before the start. */
export type Launch = {
  command: string[];
  /** Everything beside HOME, PATH, LANG, TERM and TMPDIR, which the host sets. */
  env: Record<string, string>;
  files: { path: string; content: string }[];
};

/** Stateful, one per step. Never throws, whatever the line. */
export type LineParser = { line(text: string): AgentEvent[]; end(exitCode: number): AgentEvent[] };

/** What one finished step left behind. `final` is the last one that was said. */
export type Evidence = { exitCode: number; final?: FinalEvent; errors: ErrorEvent[]; stderrTail: string };

/** Whether the program did its part. Whether there is any work to publish is for the commits to say. */
export type Verdict = { ok: true } | Failure;

/** `until`: when the model's service takes requests again, Unix ms, where somebody has said so. */
export type Failure = { ok: false; reason: ErrorReason; message: string; until?: number };

export type Adapter = {
  kind: AgentKind;
  launch(agent: AgentDefinition, run: LaunchRun): Launch;
  parser(): LineParser;
  /** Exit 0 alone proves nothing, except for `plain`, where there is nothing else. */
  judge(evidence: Evidence): Verdict;
  /**
   * Below its home, all that the agent needs to go on with a session in a later task; empty: it cannot. Never its settings,
   * hooks or the like: what one task left there must not act in the next.
   */
  sessionPaths(agent: AgentDefinition): readonly string[];
  /** It finds a session only where its folder has the path that it had when the session began. */
  sessionNeedsPath: boolean;
};
