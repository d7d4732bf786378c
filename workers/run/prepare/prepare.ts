/**
 * Everything between "a host has the task" and "the agent can start": what the bot knows, the branch, the repository's
 * own choices, the workspace, the prompt. Whatever does not need the other goes on at once; the checkout is the longest,
 * and all else fits into it. Repeating it after a crash does no harm.
 */
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import {
  parseRepositoryFile,
  REPOSITORY_FILE_MAX_BYTES,
  REPOSITORY_FILES,
  type RepositoryFile,
} from "../../../src/settings/repository-file.ts";
import { baseOf, branchOf, neededBranchesOf, startBranchesOf, startRefOf } from "../../../src/task/branch.ts";
import type { TokenResponse } from "../../../src/task/host-api.ts";
import type { TaskSpec } from "../../../src/task/task-spec.ts";
import type { AgentDefinition } from "../../agents/adapter.ts";
import { adapterFor } from "../../agents/adapters.ts";
import { filesShown } from "../../agents/prompt-files.ts";
import { asMirror, tipOf } from "../../integrate/plan-repository.ts";
import { fetchRefs, type Tips } from "../../workspace/fetch-refs.ts";
import { BranchGone } from "../../workspace/git-errors.ts";
import { type Mirror, openMirror } from "../../workspace/mirror.ts";
import { removeWorkspace } from "../../workspace/remove-workspace.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import { writeInWorkspace } from "../../workspace/write-in-workspace.ts";
import { type Ground, type Place, promptPath } from "../ground.ts";
import { noteBeganAnew, readBefore } from "../hand-over.ts";
import { tryAgainTelling } from "../held-up.ts";
import { openPlan } from "../node/plan-of-node.ts";
import { predecessorsOf } from "../node/predecessors.ts";
import { readShown } from "../node/read-shown.ts";
import { partOf, planNodeOf } from "../node-part.ts";
import { firstPrompt } from "../prompts.ts";
import { purposeOf } from "../purpose.ts";
import { refuseMuteReview } from "../review.ts";
import { refuseUnconfined, subagentsOf } from "../rights.ts";
import { resourcesOf, roleText } from "../role.ts";
import { identityOf, type Run, type Shared, whenAborted } from "../run.ts";
import type { Prepared, Resumed } from "../run-record.ts";
import { serversOfRun, serversPart } from "../servers-of-run.ts";
import { agentServers } from "../step/agent-servers.ts";
import { policyOf } from "../step/step-outlet.ts";
import { checkOutAt, checkOutEarly, readFilesEarly, refsFor } from "./check-out-early.ts";
import { chooseAgent, holdEarly, placeOf, resumeLate } from "./early-agent.ts";
import { endHeld } from "./hold-agent.ts";
import { later } from "./later.ts";

/**
 * A run starts on fresh ground: what an earlier run of the task left is removed first, because its agent may have laid
 * links there that would lead the host's writes astray.
 * Throws Refusal with a sentence for the person; anything else is the host's own trouble. Nothing is under way any more then.
 */
export async function prepare(shared: Shared, run: Run, signal: AbortSignal): Promise<Ground> {
  const { spec } = run.task;
  refuseUnconfined(shared, run);
  refuseMuteReview(run);
  // Only the prompt needs it, and it takes the bot several requests to GitHub: asked first, awaited last.
  const context = later(shared.bot.context(identityOf(run), signal));
  const token = later(shared.bot.token(identityOf(run), "fetch", signal));
  const earlier = await readBefore(shared, run);
  await clearGround(shared, run);
  const mirror = openMirror(shared.dataDir, spec.repository.id);
  const fetched = later(fetchFor(shared, run, { mirror, token, signal }));
  // What takes longest starts first: not even a program for something else is started before.
  const seenAt = shared.driver.workspaceAt;
  const plan = spec.node && (await openPlan(shared, run, fetched));
  const borrowed = plan ? asMirror(plan) : mirror;
  const where = { dataDir: shared.dataDir, taskId: spec.id, branch: branchOf(spec), user: run.user, seenAt };
  const around = { ...where, mirror, base: baseOf(spec) };
  const { laid, checkedOut } = plan
    ? checkOutAt({ ...around, mirror: borrowed }, { sha: tipOf(plan), refs: refsFor(around, around.base) })
    : checkOutEarly(around, startRefOf(spec), fetched);
  const rulesFile = { branch: spec.target.defaultBranch, paths: REPOSITORY_FILES, maxBytes: REPOSITORY_FILE_MAX_BYTES };
  const rules = readFilesEarly(mirror, rulesFile, fetched);
  const sessionId = randomUUID();
  const site = laid && { mirror: borrowed, workspace: laid, sessionId, continues: earlier?.session };
  const node = await planNodeOf(shared, run);
  // What its servers are made of is in a file that is still being fetched.
  const holding = site && !node?.servers?.length ? holdEarly(shared, run, site, rules.early) : undefined;

  const [files, held] = await Promise.all([settled(checkedOut), holding]);
  if (files.status === "rejected") throw files.reason;
  const { workspace } = files.value;
  const found = await rules.found;
  const rulesOfRepository = parseRepositoryFile(found);
  const { agent: asked, setup, verify, onStop, listed, limits } = rulesOfRepository;
  const servers = serversOfRun(run, rulesOfRepository.servers, node);
  const role = roleText(shared.operator, spec, rulesOfRepository);
  const agent = chooseAgent(shared.operator, run.task, asked, found);
  const early = files.value.laid ? held : undefined;
  const fits = early?.agent.name === agent.name;
  const resources = resourcesOf(shared.operator, spec, agent, limits);
  // A session runs one step at a time, and the setup comes first. Its limits were set as it came up.
  const step = fits && !setup && isDeepStrictEqual(early.resources, resources) ? early.step : undefined;
  if (!step) await endHeld(shared, run);
  const resumed = fits
    ? early.resumed
    : await resumeLate(shared, run, { continues: earlier?.session, agent, workspace, early });
  const { cloneUrl } = await token;
  const prepared = preparedFor(spec, {
    workspace,
    agent,
    setup,
    verify,
    servers,
    onStop,
    listed,
    limits,
    sessionId,
    resumed,
    cloneUrl,
  });
  const place = placeOf(shared, run, { mirror: borrowed, workspace, sessionId, resumed, agent, limits });
  await furnishHome(shared, run, place);
  const egress = policyOf(shared, place, { step: "agent", listed })?.egress;
  const besides = await purposeOf(shared, run, prepared.base);
  const before = earlier && { ...earlier.handOver, inSession: resumed !== undefined };
  if (earlier?.own) noteBeganAnew(run.folder, earlier.own);
  const predecessors = spec.node && (await predecessorsOf(shared, run));
  const part = await partOf(shared, run);
  const shown = node && (await readShown(run, node, { mirror: borrowed, sha: workspace.baseSha }));
  const beside = serversPart(run, servers, place);
  const prompt = firstPrompt(run, prepared, {
    context: await context,
    egress,
    before,
    role,
    besides: [besides, shown && filesShown(shown), beside].filter((each) => each !== undefined).join("\n") || undefined,
    predecessors,
    part,
  });
  writeFileSync(promptPath(run), prompt, { mode: 0o600 });
  run.folder.record.prepared = prepared;
  run.folder.save();
  return { ...place, prepared, held: step };
}

/** Removes what an earlier run of the task, or an earlier try of this one, has left. */
async function clearGround(shared: Shared, run: Run): Promise<void> {
  await endHeld(shared, run);
  run.folder.clear();
  await removeWorkspace({ dataDir: shared.dataDir, taskId: run.task.spec.id });
}

type Fetch = { mirror: Mirror; token: Promise<TokenResponse>; signal: AbortSignal };

/**
 * Brings what the run starts from into the mirror, however long GitHub is away. Whoever gives up does not wait for it: it goes
 * on, for those who share it and for the next run, as a first one takes minutes.
 */
async function fetchFor(shared: Shared, run: Run, { mirror, token, signal }: Fetch): Promise<Tips> {
  const { spec } = run.task;
  const { bot } = shared;
  return await tryAgainTelling(
    shared,
    run,
    async ({ fresh }) => {
      const grant = await (fresh ? bot.token(identityOf(run), "fetch", signal) : token);
      return await Promise.race([fetchBranches(spec, mirror, grant), whenAborted(signal)]);
    },
    { signal, log: run.log },
  );
}

async function fetchBranches(spec: TaskSpec, mirror: Mirror, grant: TokenResponse): Promise<Tips> {
  const access = { cloneUrl: grant.cloneUrl, token: async () => grant.token };
  const [all, needed] = [startBranchesOf(spec), neededBranchesOf(spec)];
  try {
    return await fetchRefs(mirror, access, all, grant.tips);
  } catch (error) {
    // The branch that a pull request was to be merged into may be gone by now: the work goes on without it.
    if (!(error instanceof BranchGone) || needed.includes(error.branch)) throw error;
    return await fetchRefs(mirror, access, needed, grant.tips);
  }
}

async function settled<T>(result: Promise<T>): Promise<PromiseSettledResult<T>> {
  const [end] = await Promise.allSettled([result]);
  return end;
}

type Decided = {
  workspace: Workspace;
  agent: AgentDefinition;
  setup: RepositoryFile["setup"];
  verify: RepositoryFile["verify"];
  servers: RepositoryFile["servers"];
  onStop: RepositoryFile["onStop"];
  listed: RepositoryFile["listed"];
  limits: RepositoryFile["limits"];
  sessionId: string;
  resumed: Resumed | undefined;
  cloneUrl: string;
};

function preparedFor(spec: TaskSpec, { workspace, agent, setup, verify, listed, ...decided }: Decided): Prepared {
  return {
    agent: agent.name,
    branch: branchOf(spec),
    base: baseOf(spec),
    baseSha: workspace.baseSha,
    setup: setup && [...setup],
    verify: verify && [...verify],
    listed,
    ...decided,
    repositoryId: spec.repository.id,
  };
}

/** Writes the files that the agent's program wants in its home. */
async function furnishHome(shared: Shared, run: Run, place: Place): Promise<void> {
  const { agent, workspace, sessionId } = place;
  const { homeDir } = workspace.inside;
  const mcp = agentServers(shared, run, place);
  const launch = { homeDir, sessionId, mcp, subagents: subagentsOf(run), env: shared.env };
  const { files } = adapterFor(agent.kind).launch(agent, launch);
  for (const { path, content } of files) await writeInWorkspace(run.user, join(workspace.homeDir, path), content);
}
