/**
 * What a failed report leads to. What may pass is repeated, ever more slowly, and not before GitHub's own word for it;
 * a rate limit holds the whole installation, in all bots. Where GitHub is closed to us (archived, suspended, gone), or keeps
 * forbidding a part, the report stalls: a task that is still open ends as refused, and it is looked again, seldom, until
 * GitHub takes what there is to say. A pushed task whose pull request GitHub keeps refusing ends too, for nobody but the
 * report would end it.
 */
import { type Budget, BudgetSpent } from "../budget.ts";
import { classify, type Failure, isFinal, type Octokit, retryAfterMs } from "../github.ts";
import { isOwnPlace } from "../task/own-place.ts";
import type { Task } from "../task/task.ts";
import { refusedByGitHub } from "../words/outcome-words.ts";
import type { Next, ReporterDeps } from "./showing.ts";

/**
 * First wait after a failure, ms. Not shorter: after an answer that was lost, a comment may have been created that
 * GitHub does not list yet.
 */
const FIRST_WAIT_MS = 3_000;
const LONGEST_WAIT_MS = 5 * 60_000;
/** GitHub's rule for limits that come without a time, ms. */
const LIMIT_WAIT_MS = 60_000;
/** So often is tried what GitHub forbids or calls invalid: about half an hour. */
const MAX_REFUSALS = 12;

type Deps = Pick<ReporterDeps, "store" | "github" | "now" | "log"> & { budget: Pick<Budget, "hold" | "heldUntil"> };
type Final = Extract<Failure, "installation_gone" | "suspended" | "gone" | "archived">;
/** `failed`: the look itself, so that nothing is known. */
type SecondLook = { closed?: Final; failed?: unknown };

export function makeFailures({ store, github, budget, now, log }: Deps) {
  const attempts = new Map<string, number>();

  const forget = (id: string) => void attempts.delete(id);

  /** What to do instead. Throws what Redis throws. */
  async function handle(error: unknown, id: string, task: Task | undefined): Promise<Next> {
    const failure = classify(error);
    const attempt = (attempts.get(id) ?? 0) + 1;
    attempts.set(id, attempt);
    const look = task ? await lookAgain(failure, task) : {};
    if (task && look.closed) return await close(look.closed, task);
    if (task && failure === "locked") return stall(task, failure, error);
    if (task && !look.failed && (failure === "forbidden" || failure === "invalid") && attempt >= MAX_REFUSALS)
      return await giveUp(task, failure, error);
    return { lookAt: await repetition(id, task, [error, look.failed].filter(Boolean), attempt) };
  }

  /** When to repeat it: not before the last of what went wrong allows it. */
  async function repetition(id: string, task: Task | undefined, errors: unknown[], attempt: number): Promise<number> {
    const wait = Math.max(...errors.map((error) => waitAfter(error, attempt)));
    const failures = errors.map(classify);
    // What our own budget refuses, GitHub has not seen: the rest of the installation may go on.
    const isGitHubs = errors.some((error) => classify(error) === "rate_limited" && !(error instanceof BudgetSpent));
    if (task && isGitHubs) await budget.hold(task.spec.installationId, now() + wait);
    log.warn({ err: errors.at(-1), task: id, failures, attempt, wait }, "report failed, repeated later");
    return now() + wait;
  }

  function waitAfter(error: unknown, attempt: number): number {
    const backOff = Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), LONGEST_WAIT_MS);
    const asked = retryAfterMs(error, now()) ?? (classify(error) === "rate_limited" ? LIMIT_WAIT_MS : 0);
    return Math.max(backOff, asked);
  }

  /**
   * What has closed GitHub to us, if anything. One 404 may be about something smaller, or pass: only the missing
   * issue itself counts, or the repository where there is none. And a public repository that was taken from the App answers 403, as a missing permission does.
   */
  async function lookAgain(failure: Failure, { spec }: Task): Promise<SecondLook> {
    if (isClosed(failure) && failure !== "gone") return { closed: failure };
    if (failure !== "gone" && failure !== "forbidden") return {};
    try {
      const octokit = await github.forInstallation(spec.installationId);
      if (failure === "forbidden") return (await reaches(octokit, spec.repository.id)) ? {} : { closed: "gone" };
      const { repository, number } = spec;
      const place = { owner: repository.owner, repo: repository.name };
      if (isOwnPlace(number)) await octokit.rest.repos.get(place);
      else await octokit.rest.issues.get({ ...place, issue_number: number });
      return {};
    } catch (failed) {
      const second = classify(failed);
      return isClosed(second) ? { closed: second } : { failed };
    }
  }

  /** A task that its host or the queue still moves goes on without the part; one that waits for us alone ends. */
  async function giveUp(task: Task, failure: Failure, error: unknown): Promise<Next> {
    if (task.state.name === "settled" || !task.pushed) return stall(task, failure, error);
    attempts.delete(task.spec.id);
    log.error({ err: error, task: task.spec.id, failure }, "GitHub keeps refusing the pull request: given up");
    const outcome = { kind: "refused" as const, reason: refusedPullRequest(task.pushed.branch, error) };
    await store.advance(task.spec.id, { name: "given_up", version: task.version, outcome, at: now() });
    return { lookAt: now() };
  }

  async function close(failure: Final, task: Task): Promise<Next> {
    const { id } = task.spec;
    const outcome = { kind: "refused" as const, reason: refusedByGitHub(failure) };
    // GitHub is closed to the task as it is now as well: its agent may have gone on since the report began.
    const version = (await store.read(id))?.version ?? task.version;
    await store.advance(id, { name: "given_up", version, outcome, at: now() });
    const left = await store.read(id);
    if (left?.state.name !== "settled") return { lookAt: now() + FIRST_WAIT_MS };
    return stall(left, failure);
  }

  function stall({ spec }: Task, why: Failure, error?: unknown): Next {
    attempts.delete(spec.id);
    const about = { err: error, task: spec.id, repository: spec.repository, why };
    log.error(about, "GitHub takes no word, or not every one, of the task for now: looked again ever more seldom");
    return { stalled: why };
  }

  return { forget, handle };
}

async function reaches(octokit: Octokit, repositoryId: number): Promise<boolean> {
  const pages = octokit.paginate.iterator(octokit.rest.apps.listReposAccessibleToInstallation, { per_page: 100 });
  for await (const { data } of pages) {
    if (data.some(({ id }) => id === repositoryId)) return true;
  }
  return false;
}

function refusedPullRequest(branch: string, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return `The work is on the branch ${branch}, but GitHub keeps refusing what its pull request needs: ${message}`;
}

function isClosed(failure: Failure): failure is Final {
  return isFinal(failure);
}
