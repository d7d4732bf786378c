/** Reads one repository's file for its schedules. One that cannot be used has none, and is told of with the reason. */
import { fenced } from "../fence.ts";
import { classify, type GitHub, isFinal } from "../github.ts";
import type { Logger } from "../log.ts";
import { readRepositoryFile } from "../read-repository-file.ts";
import { Refusal } from "../refusal.ts";
import type { Taken } from "../task/due-set.ts";
import type { KnownRepository, ScheduleFile, ScheduleStore } from "../task/schedules.ts";
import { quietSuites } from "./quiet-suites.ts";
import { tellProblem } from "./tell-problem.ts";

export type ReadFileDeps = { github: GitHub; schedules: ScheduleStore; now: () => number; log: Logger };

/** Throws what may pass, for the loop to come back. */
export async function readFile(deps: ReadFileDeps, taken: Taken): Promise<void> {
  const { schedules, now, log } = deps;
  const github = fenced(deps.github, taken, { now, onUnanswered: async () => undefined });
  const repository = await schedules.repository(taken.member);
  if (!repository) return void (await taken.done());
  const file = await fileOf(deps, repository);
  await taken.keep(now());
  if (file?.problem !== undefined)
    await tellProblem(await github.forInstallation(repository.installationId), repository, file.problem, log);
  if (file) await schedules.saveFile(repository.id, file);
  else await schedules.forget(repository.id);
  if (file) await quietSuites({ ...deps, github }, repository);
  const about = { repo: repository.id, schedules: file?.schedules.map(({ name }) => name) };
  if (file?.problem !== undefined) log.warn({ ...about, problem: file.problem }, "a repository's file cannot be used");
  else if (file?.schedules.length) log.info(about, "schedules read");
  await taken.done();
}

/** Undefined when the repository is closed to us. */
async function fileOf(
  { github, now, log }: ReadFileDeps,
  repository: KnownRepository,
): Promise<ScheduleFile | undefined> {
  const { stand } = repository;
  const seen = { readAt: now(), ...(stand !== undefined && { stand }) };
  try {
    const octokit = await github.forInstallation(repository.installationId);
    return { schedules: (await readRepositoryFile(octokit, repository)).schedules ?? [], ...seen };
  } catch (error) {
    if (error instanceof Refusal) return { schedules: [], problem: error.message, ...seen };
    const failure = classify(error);
    log.info({ err: error, failure, repo: repository.id }, "a repository's file cannot be read");
    if (isFinal(failure)) return undefined;
    // Not as it stands: that may change without a push.
    if (failure === "forbidden") return { schedules: [], problem: (error as Error).message, readAt: now() };
    throw error;
  }
}
