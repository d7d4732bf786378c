/**
 * The issue or pull request under which a schedule asks: the one that its file names, or the one issue that Orch opened for
 * it. That is found again by its number, and by its marker where the number is not known. It is for people to close: a
 * schedule whose issue is closed rests.
 *
 * A creation without an answer may be carried out after it was repeated. So the issue is looked for once more when the schedule
 * comes the next time, and what was opened besides is closed.
 */
import { classify, type GitHub, type Octokit } from "../github.ts";
import { carriesMarker, makeMarker } from "../report/marker.ts";
import { publishText } from "../report/publish-text.ts";
import { type Schedule, type ScheduleState, type SkipReason, scheduleKey } from "../task/schedules.ts";
import type { Repository } from "../task/task-spec.ts";
import { issueBody, issueTitle } from "../words/schedule-words.ts";

/** `github`: behind the fence of whoever has taken the schedule. */
export type IssueDeps = { github: GitHub /** HMAC key for markers. */; secret: string };

export type Wanted = {
  octokit: Octokit;
  installationId: number;
  repository: Repository;
  schedule: Schedule;
  state: Pick<ScheduleState, "issue">;
};

/** `own`: where Orch opened it for the schedule, what to remember of that. */
export type ScheduleIssue = { number: number; on: "issue" | "pull"; own?: NonNullable<ScheduleState["issue"]> };

type Found = { number: number; open: boolean; on: "issue" | "pull" };

/** At most so many pages of our own issues are looked through for the marker. */
const MAX_PAGES = 20;

export async function findIssue(deps: IssueDeps, wanted: Wanted): Promise<ScheduleIssue | { skip: SkipReason }> {
  const named = wanted.schedule.issue;
  const found = named === undefined ? await ownIssue(deps, wanted) : await readIssue(wanted, named);
  if (!found) return { skip: { kind: "issue_missing", number: named ?? 0 } };
  const { number, on, open } = found;
  if (!open) return { skip: { kind: "issue_closed", number } };
  const own = { number, alone: number === wanted.state.issue?.number };
  return { number, on, ...(named === undefined && { own }) };
}

async function ownIssue(deps: IssueDeps, wanted: Wanted): Promise<Found> {
  const { issue } = wanted.state;
  const byNumber = async () => (issue ? await readIssue(wanted, issue.number) : undefined);
  const byMarker = async () => await keepLowest(wanted, await listOwn(deps, wanted));
  const [first, second] = issue?.alone ? [byNumber, byMarker] : [byMarker, byNumber];
  return (await first()) ?? (await second()) ?? (await openIssue(deps, wanted));
}

/** Undefined when it is not there any more, or in another repository by now. */
async function readIssue({ octokit, repository }: Wanted, number: number): Promise<Found | undefined> {
  try {
    const { data } = await octokit.rest.issues.get({ ...pathOf(repository), issue_number: number });
    const here = `/repos/${repository.owner}/${repository.name}`.toLowerCase();
    return data.repository_url.toLowerCase().endsWith(here) ? foundOf(data) : undefined;
  } catch (error) {
    if (classify(error) !== "gone") throw error;
    return undefined;
  }
}

async function openIssue(deps: IssueDeps, wanted: Wanted): Promise<Found> {
  const { octokit, repository, schedule } = wanted;
  const title = issueTitle(schedule.name);
  const body = `${publishText(issueBody(schedule.name))}\n\n${markerOf(deps, wanted)}`;
  const { data } = await octokit.rest.issues.create({ ...pathOf(repository), title, body });
  return foundOf(data);
}

const markerOf = ({ secret }: IssueDeps, { repository, schedule }: Wanted): string =>
  makeMarker(secret, "schedule", scheduleKey(repository.id, schedule.name));

async function listOwn(deps: IssueDeps, wanted: Wanted): Promise<Found[]> {
  const { octokit, installationId, repository } = wanted;
  const { botLogin, botId } = await deps.github.appIdentity(installationId);
  const marker = markerOf(deps, wanted);
  const all = { ...pathOf(repository), creator: botLogin, state: "all", per_page: 100 } as const;
  const found: Found[] = [];
  let page = 0;
  for await (const { data } of octokit.paginate.iterator(octokit.rest.issues.listForRepo, all)) {
    const ours = data.filter((issue) => issue.user?.id === botId && carriesMarker(issue.body ?? "", marker));
    found.push(...ours.map(foundOf));
    page += 1;
    if (page === MAX_PAGES) break;
  }
  return found;
}

/** The first one stays, as whoever lists them sees it: nobody needs the others. */
async function keepLowest({ octokit, repository }: Wanted, all: readonly Found[]): Promise<Found | undefined> {
  const [lowest, ...others] = all.toSorted((one, other) => one.number - other.number);
  for (const { number } of others.filter(({ open }) => open)) {
    const closed = { issue_number: number, state: "closed", state_reason: "not_planned" } as const;
    await octokit.rest.issues.update({ ...pathOf(repository), ...closed });
  }
  return lowest;
}

const foundOf = (issue: { number: number; state: string; pull_request?: unknown }): Found => ({
  number: issue.number,
  open: issue.state === "open",
  on: issue.pull_request ? "pull" : "issue",
});

const pathOf = ({ owner, name }: Repository) => ({ owner, repo: name });
