/**
 * Everything between "a host has the task" and "the agent can start": what the bot knows, the branch, the repository's
 * own choices, the workspace, the prompt. Whatever does not need the other goes on at once; the checkout is the longest,
 * and all else fits into it. Repeating it after a crash does no harm.
 */
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Refusal } from "../../../src/refusal.ts";
import {
  type FoundFile,
  parseRepositoryFile,
  REPOSITORY_FILE_MAX_BYTES,
  REPOSITORY_FILES,
  type RepositoryFile,
} from "../../../src/settings/repository-file.ts";
import { branchOf, startBranchesOf, startRefOf } from "../../../src/task/branch.ts";
import type { TokenResponse } from "../../../src/task/host-api.ts";
import type { TaskSpec } from "../../../src/task/task.ts";
import type { AgentDefinition } from "../../agents/adapter.ts";
import { adapterFor } from "../../agents/adapters.ts";
import { definedEnv } from "../../agents/environment.ts";
import type { OperatorFile } from "../../operator-file.ts";
import type { HeldStep } from "../../tmux/sessions.ts";
import { fetchRefs, type Tips } from "../../workspace/fetch-refs.ts";
import { type Mirror, openMirror } from "../../workspace/mirror.ts";
import { removeWorkspace } from "../../workspace/remove-workspace.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import { writeInWorkspace } from "../../workspace/write-in-workspace.ts";
import { type Ground, homeOf, type Place, promptPath } from "../ground.ts";
import { readHandOver } from "../hand-over.ts";
import { firstPrompt } from "../prompts.ts";
import { identityOf, type Run, type Shared, whenAborted } from "../run.ts";
import type { Prepared } from "../run-record.ts";
import { policyOf } from "../step/step-outlet.ts";
import { checkOutEarly, readFilesEarly } from "./check-out-early.ts";
import { endHeld, holdAgent } from "./hold-agent.ts";
import { later } from "./later.ts";

/**
 * A run starts on fresh ground: what an earlier run of the task left is removed first, because its agent may have laid
 * links there that would lead the host's writes astray.
 * Throws Refusal with a sentence for the person; anything else is the host's own trouble. Nothing is under way any more then.
 */
export async function prepare(shared: Shared, run: Run, signal: AbortSignal): Promise<Ground> {
  const { spec } = run.task;
  // Only the prompt needs it, and it takes the bot several requests to GitHub: asked first, awaited last.
  const context = later(shared.bot.context(identityOf(run), signal));
  const token = later(shared.bot.token(identityOf(run), "fetch", signal));
  const before = later(readHandOver(shared, run.task.continues));
  await clearGround(shared, run);
  const mirror = openMirror(shared.dataDir, spec.repository.id);
  const fetched = later(fetchFor(spec, mirror, token, signal));
  // What takes longest starts first: not even a program for something else is started before.
  const where = { dataDir: shared.dataDir, taskId: spec.id, mirror, branch: branchOf(spec), user: run.user };
  const { laid, checkedOut } = checkOutEarly(where, startRefOf(spec), fetched);
  const rulesFile = { branch: spec.target.defaultBranch, paths: REPOSITORY_FILES, maxBytes: REPOSITORY_FILE_MAX_BYTES };
  const rules = readFilesEarly(mirror, rulesFile, fetched);
  const sessionId = randomUUID();
  const holding = laid && holdEarly(shared, run, { mirror, workspace: laid, sessionId }, rules.early);

  const [files, held] = await Promise.all([settled(checkedOut), holding]);
  if (files.status === "rejected") throw files.reason;
  const { workspace } = files.value;
  const found = await rules.found;
  const { agent: asked, setup, verify, listed } = parseRepositoryFile(found);
  const agent = chooseAgent(shared.operator, run.task.agent, asked, found);
  const prepared = preparedFor(spec, {
    workspace,
    agent,
    setup,
    verify,
    listed,
    sessionId,
    cloneUrl: (await token).cloneUrl,
  });
  const place = placeOf(shared, agent, { mirror, workspace, sessionId });
  await furnishHome(shared, run, place);
  const egress = policyOf(shared, place, { step: "agent", listed })?.egress;
  writeFileSync(promptPath(run), firstPrompt(run, prepared, { context: await context, egress, before: await before }), {
    mode: 0o600,
  });
  // One session runs one step at a time, and the setup comes first.
  const fits = files.value.laid && held?.agent === agent && !setup;
  if (!fits) await endHeld(shared, run);
  run.folder.record.prepared = prepared;
  run.folder.save();
  return { ...place, prepared, held: fits ? held?.step : undefined };
}

/** Removes what an earlier run of the task, or an earlier try of this one, has left. */
async function clearGround(shared: Shared, run: Run): Promise<void> {
  await endHeld(shared, run);
  run.folder.clear();
  await removeWorkspace({ dataDir: shared.dataDir, taskId: run.task.spec.id });
}

/**
 * Brings what the run starts from into the mirror. Whoever gives up does not wait for it: it goes on, for those who share
 * it and for the next run, as a first one takes minutes.
 */
async function fetchFor(
  spec: TaskSpec,
  mirror: Mirror,
  token: Promise<TokenResponse>,
  signal: AbortSignal,
): Promise<Tips> {
  const fetching = token.then((grant) =>
    fetchRefs(mirror, { cloneUrl: grant.cloneUrl, token: async () => grant.token }, startBranchesOf(spec), grant.tips),
  );
  return await Promise.race([fetching, whenAborted(signal)]);
}

async function settled<T>(result: Promise<T>): Promise<PromiseSettledResult<T>> {
  const [end] = await Promise.allSettled([result]);
  return end;
}

type Held = { agent: AgentDefinition; step: HeldStep };
type Site = Pick<Place, "mirror" | "workspace" | "sessionId">;

function placeOf({ env }: Shared, agent: AgentDefinition, site: Site): Place {
  return { ...site, agent, path: definedEnv(agent, env).PATH };
}

/** For the agent that the rules of the last fetch name. Undefined when that cannot be said, or held: then nothing is lost. */
async function holdEarly(
  shared: Shared,
  run: Run,
  site: Site,
  rules: Promise<readonly FoundFile[]> | undefined,
): Promise<Held | undefined> {
  try {
    const found = (await rules) ?? [];
    const { agent: asked, setup, listed } = parseRepositoryFile(found);
    if (setup) return undefined;
    const agent = chooseAgent(shared.operator, run.task.agent, asked, found);
    return { agent, step: await holdAgent(shared, run, placeOf(shared, agent, site), listed) };
  } catch (error) {
    // The rules may be better by now; what else is wrong comes again, and is told, when the step is started.
    run.log.debug({ err: error }, "the agent's session could not be held ahead");
    return undefined;
  }
}

/** `chosen`: when the task was dispatched; not in tasks of before. `asked`: by the repository's file, as it is by now. */
function chooseAgent(
  operator: OperatorFile,
  chosen: string | undefined,
  asked: string | undefined,
  [file]: readonly FoundFile[],
): AgentDefinition {
  const name = chosen ?? asked ?? operator.defaultAgent;
  const agent = operator.agents.get(name);
  if (agent) return agent;
  const known = [...operator.agents.keys()].map((known) => `\`${known}\``).join(", ");
  const who = chosen === undefined ? `\`${file?.path}\` asks for` : "The task was given to";
  throw new Refusal(`${who} the agent \`${name}\`, which this worker host does not have. It has: ${known}.`);
}

type Decided = {
  workspace: Workspace;
  agent: AgentDefinition;
  setup: RepositoryFile["setup"];
  verify: RepositoryFile["verify"];
  listed: RepositoryFile["listed"];
  sessionId: string;
  cloneUrl: string;
};

function preparedFor(
  spec: TaskSpec,
  { workspace, agent, setup, verify, listed, sessionId, cloneUrl }: Decided,
): Prepared {
  return {
    agent: agent.name,
    branch: branchOf(spec),
    base: spec.target.kind === "pull" ? spec.target.baseRef : spec.target.defaultBranch,
    baseSha: workspace.baseSha,
    setup: setup && [...setup],
    verify: verify && [...verify],
    listed,
    sessionId,
    cloneUrl,
    repositoryId: spec.repository.id,
  };
}

/** Writes the files that the agent's program wants in its home. */
async function furnishHome({ env }: Shared, { user }: Run, { agent, workspace, sessionId }: Place): Promise<void> {
  const homeDir = homeOf(workspace);
  const { files } = adapterFor(agent.kind).launch(agent, { homeDir, sessionId, env });
  for (const { path, content } of files) await writeInWorkspace(user, join(homeDir, path), content);
}
