/**
 * Everything between "a host has the task" and "the agent can start": what the bot knows, the branch, the repository's
 * own choices, the workspace, the prompt. Repeating it after a crash does no harm.
 */
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ContextResponse } from "../../src/task/host-api.ts";
import { branchOf, startRefOf } from "../../src/task/task.ts";
import type { AgentDefinition } from "../agents/adapter.ts";
import { adapterFor } from "../agents/adapters.ts";
import { definedEnv } from "../agents/environment.ts";
import { renderPrompt } from "../agents/prompt.ts";
import type { OperatorFile } from "../operator-file.ts";
import { Refusal } from "../refusal.ts";
import { commandLine, parseRepositoryFile, REPOSITORY_FILE, REPOSITORY_FILE_MAX_BYTES } from "../repository-file.ts";
import type { SlotUser } from "../sandbox/sandbox.ts";
import { fetchRefs } from "../workspace/fetch-refs.ts";
import { type Mirror, openMirror } from "../workspace/mirror.ts";
import { removeWorkspace } from "../workspace/remove-workspace.ts";
import { findWorkspace, type Workspace } from "../workspace/workspace.ts";
import { writeInWorkspace } from "../workspace/write-in-workspace.ts";
import { checkOutEarly, readFileEarly } from "./check-out-early.ts";
import { identityOf, type Run, type Shared, whenAborted } from "./run.ts";
import type { Prepared } from "./run-record.ts";

/** `path`: where programs are looked for in the run's steps, if the agent's definition says so. */
export type Ground = {
  prepared: Prepared;
  mirror: Mirror;
  workspace: Workspace;
  agent: AgentDefinition;
  path: string | undefined;
};

/**
 * A run starts on fresh ground: what an earlier run of the task left is removed first, because its agent may have laid
 * links there that would lead the host's writes astray.
 * Throws Refusal with a sentence for the person; anything else is the host's own trouble.
 */
export async function prepare(shared: Shared, run: Run, signal: AbortSignal): Promise<Ground> {
  const { spec } = run.task;
  // Only the prompt needs it, and it takes the bot several requests to GitHub: asked first, awaited last.
  const context = later(shared.bot.context(identityOf(run), signal));
  const token = later(shared.bot.token(identityOf(run), "fetch", signal));
  const { dataDir } = shared;
  const mirror = openMirror(dataDir, spec.repository.id);
  run.folder.clear();
  await removeWorkspace({ dataDir, taskId: spec.id });
  const startRef = startRefOf(spec);
  const refs = [...new Set([spec.target.defaultBranch, startRef])];
  const fetching = token.then((grant) =>
    fetchRefs(mirror, { cloneUrl: grant.cloneUrl, token: async () => grant.token }, refs),
  );
  // Whoever gives up does not wait for it. It goes on, for those who share it and for the next run: a first one takes minutes.
  const fetched = Promise.race([fetching, whenAborted(signal)]);
  const place = { dataDir, taskId: spec.id, mirror, branch: branchOf(spec), user: run.user };
  // What takes longest starts first: not even a program for something else is started before.
  const checkedOut = later(checkOutEarly(place, startRef, fetched));
  const rulesFile = { branch: spec.target.defaultBranch, path: REPOSITORY_FILE, maxBytes: REPOSITORY_FILE_MAX_BYTES };
  const rulesText = later(readFileEarly(mirror, rulesFile, fetched));
  const workspace = await checkedOut;
  const rules = parseRepositoryFile(await rulesText);
  const agent = chooseAgent(shared.operator, rules.agent);
  const { cloneUrl } = await token;
  const prepared: Prepared = {
    agent: agent.name,
    branch: branchOf(spec),
    base: spec.target.kind === "pull" ? spec.target.baseRef : spec.target.defaultBranch,
    baseSha: workspace.baseSha,
    verify: rules.verify ? [...rules.verify] : undefined,
    sessionId: randomUUID(),
    cloneUrl,
    repositoryId: spec.repository.id,
  };
  await furnishHome({ agent, workspace, prepared }, run.user, shared.env);
  writeFileSync(join(run.folder.dir, "prompt.md"), promptOf(run, prepared, await context), { mode: 0o600 });
  run.folder.record.prepared = prepared;
  run.folder.save();
  return { prepared, mirror, workspace, agent, path: definedEnv(agent, shared.env).PATH };
}

/** Something under way that is awaited later: its failure shows there, and does not count as unhandled until then. */
function later<T>(result: Promise<T>): Promise<T> {
  result.catch(() => undefined);
  return result;
}

/** The ground of a run that an earlier life of this host prepared. */
export function regain(shared: Shared, run: Run, prepared: Prepared): Ground {
  const mirror = openMirror(shared.dataDir, prepared.repositoryId);
  const agent = shared.operator.agents.get(prepared.agent);
  if (!agent) throw new Error(`The agent ${prepared.agent} was taken out of this worker host's file while it worked.`);
  const workspace = findWorkspace({ dataDir: shared.dataDir, taskId: run.task.spec.id, user: run.user });
  if (!workspace)
    throw new Error("This run's workspace is gone, or is another user's since the worker host was started anew.");
  return { prepared, mirror, workspace, agent, path: definedEnv(agent, shared.env).PATH };
}

function chooseAgent(operator: OperatorFile, asked: string | undefined): AgentDefinition {
  const name = asked ?? operator.defaultAgent;
  const agent = operator.agents.get(name);
  if (agent) return agent;
  const known = [...operator.agents.keys()].map((known) => `\`${known}\``).join(", ");
  throw new Refusal(
    `\`${REPOSITORY_FILE}\` asks for the agent \`${name}\`, which this worker host does not have. It has: ${known}.`,
  );
}

export const homeOf = (workspace: Workspace): string => join(workspace.dir, "home");
export const tmpOf = (workspace: Workspace): string => join(workspace.dir, "tmp");

/** Writes the files that the agent's program wants in its home. */
async function furnishHome(ground: Omit<Ground, "mirror" | "path">, user: SlotUser, env: Shared["env"]): Promise<void> {
  const homeDir = homeOf(ground.workspace);
  const { sessionId } = ground.prepared;
  const { files } = adapterFor(ground.agent.kind).launch(ground.agent, { homeDir, sessionId, env });
  for (const { path, content } of files) await writeInWorkspace(user, join(homeDir, path), content);
}

function promptOf(run: Run, prepared: Prepared, context: ContextResponse): string {
  const { spec } = run.task;
  return renderPrompt({
    ...basicsOf(run, prepared),
    title: context.title,
    body: context.body ?? "",
    bodyWithheld: context.bodyWithheld,
    comments: context.comments,
    kind: spec.target.kind,
  });
}

/** What every prompt of the run says, the first and those that hand work back. */
export function basicsOf(run: Run, prepared: Prepared) {
  const { spec } = run.task;
  return {
    instruction: spec.instruction,
    details: spec.details,
    actor: spec.actor.login,
    repository: `${spec.repository.owner}/${spec.repository.name}`,
    kind: spec.target.kind,
    number: spec.number,
    title: spec.title,
    body: "",
    comments: [],
    branch: prepared.branch,
    baseBranch: prepared.base,
    verify: prepared.verify && commandLine(prepared.verify),
  };
}
