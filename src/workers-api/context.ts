/**
 * What stands around a command, for the prompt: only what people with write permission wrote, as it was before the
 * command, so that neither a stranger nor a later edit can put words into the agent's prompt.
 */
import type { GitHub, Octokit } from "../github.ts";
import { mayWrite } from "../permission.ts";
import type { ContextResponse } from "../task/host-api.ts";
import type { Actor, TaskSpec } from "../task/task.ts";
import { refusedByGitHub } from "./refused.ts";

const MAX_COMMENTS = 50;
/** GitHub gives comments oldest first; so many are looked at from the end. */
const PAGE = 100;
/** Characters of one text. */
const MAX_TEXT = 16_000;
/**
 * GitHub is asked about so many people at most, newest first, and about several at once: on a popular issue a host would
 * not wait for all of them, and the installation's limits are for more than this. Whoever is not asked about is left out.
 */
const MAX_PEOPLE = 30;
const PEOPLE_AT_ONCE = 6;

type Comment = Awaited<ReturnType<Octokit["rest"]["issues"]["listComments"]>>["data"][number];
type Written = Pick<Comment, "user" | "performed_via_github_app">;

export async function giveContext(github: GitHub, spec: TaskSpec): Promise<ContextResponse> {
  try {
    return await readContext(await github.forInstallation(spec.installationId), spec);
  } catch (error) {
    throw refusedByGitHub(error);
  }
}

async function readContext(octokit: Octokit, spec: TaskSpec): Promise<ContextResponse> {
  const place = { owner: spec.repository.owner, repo: spec.repository.name, issue_number: spec.number };
  const issue = await opening(octokit, spec);
  // The only comment of an issue is the command itself.
  const others = spec.origin.kind === "comment" ? issue.comments - 1 : issue.comments;
  const newestFirst = (others > 0 ? await newest(octokit, place, issue.comments) : [])
    .toReversed()
    .filter((each) => isBefore(each, spec));
  const author = personOf({ user: issue.user });
  const trusts = trustIn(octokit, spec, [author, ...newestFirst.map(personOf)]);
  const trusted = await trusts(author);
  const body = trusted ? (issue.body ?? "") : "";
  const comments: ContextResponse["comments"] = [];
  for (const comment of newestFirst) {
    if (comments.length === MAX_COMMENTS) break;
    const person = personOf(comment);
    if (!person || !(await trusts(person))) continue;
    comments.unshift({ login: person.login, body: (comment.body ?? "").slice(0, MAX_TEXT), at: comment.created_at });
  }
  return { title: issue.title, body: body.slice(0, MAX_TEXT), bodyWithheld: !trusted && !!issue.body, comments };
}

/** What stands at the head of it, asked for as intake did a moment ago: then GitHub says that nothing has changed. */
async function opening(octokit: Octokit, { repository, number, target }: TaskSpec) {
  const place = { owner: repository.owner, repo: repository.name };
  if (target.kind === "pull") return (await octokit.rest.pulls.get({ ...place, pull_number: number })).data;
  return (await octokit.rest.issues.get({ ...place, issue_number: number })).data;
}

/** Who wrote it with their own hands, if anybody did. */
function personOf({ user, performed_via_github_app }: Written): Actor | undefined {
  return user?.type === "User" && !performed_via_github_app ? { id: user.id, login: user.login } : undefined;
}

/** Asks about people in the given order, and of each once. */
function trustIn(octokit: Octokit, { repository }: TaskSpec, people: readonly (Actor | undefined)[]) {
  const distinct = new Map(people.flatMap((person) => (person ? [[person.id, person]] : [])));
  const waiting = [...distinct.values()].slice(0, MAX_PEOPLE);
  const known = new Map<number, boolean>();
  return async (person: Actor | undefined): Promise<boolean> => {
    while (person && !known.has(person.id) && waiting.length > 0) {
      const group = waiting.splice(0, PEOPLE_AT_ONCE);
      const may = await Promise.all(group.map((each) => mayWrite(octokit, repository, each)));
      for (const [index, { id }] of group.entries()) known.set(id, may[index] === true);
    }
    return person !== undefined && known.get(person.id) === true;
  };
}

async function newest(
  octokit: Octokit,
  place: { owner: string; repo: string; issue_number: number },
  count: number,
): Promise<Comment[]> {
  if (count === 0) return [];
  const lastPage = Math.ceil(count / PAGE);
  const pages: Comment[][] = [];
  for (let page = Math.max(1, lastPage - 1); page <= lastPage; page++) {
    const { data } = await octokit.rest.issues.listComments({ ...place, per_page: PAGE, page });
    pages.push(data);
  }
  return pages.flat();
}

/** Written and last edited before the command. GitHub's times have whole seconds: the same second is too late. */
function isBefore(comment: Comment, { requestedAt }: TaskSpec): boolean {
  return Date.parse(comment.created_at) < requestedAt && Date.parse(comment.updated_at) < requestedAt;
}
