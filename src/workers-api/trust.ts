/**
 * Whose words may reach an agent's prompt: people with write permission, asked of GitHub each time. A few are asked about one
 * by one; of more than that, GitHub is asked once who may write here at all.
 */
import { classify, type Octokit } from "../github.ts";
import { mayWrite } from "../permission.ts";
import type { Actor, TaskSpec } from "../task/task-spec.ts";

export type Trust = (person: Actor | undefined) => boolean;

/** One request more costs as much as asking about so many. */
const ONE_BY_ONE = 2;
const PAGE = 100;
/**
 * Where the list is not to be had, or longer than a page, so many of those who are not on it are asked about, in the given order:
 * a host would not wait for all of a popular issue. Whoever is not asked about is left out.
 */
const MAX_PEOPLE = 12;
const PEOPLE_AT_ONCE = 6;

/** `people`: in the order in which they matter. Whoever asked was looked at when they did, and is before anything is pushed. */
export async function trustAmong(
  octokit: Octokit,
  { repository, actor }: TaskSpec,
  people: readonly (Actor | undefined)[],
): Promise<Trust> {
  const trusted = new Set(actor ? [actor.id] : []);
  const distinct = new Map(people.flatMap((person) => (person ? [[person.id, person]] : [])));
  if (actor) distinct.delete(actor.id);
  let unknown = [...distinct.values()];
  if (unknown.length > ONE_BY_ONE) {
    const { writers, whole } = await listWriters(octokit, repository);
    for (const id of writers) trusted.add(id);
    unknown = whole ? [] : unknown.filter(({ id }) => !trusted.has(id)).slice(0, MAX_PEOPLE);
  }
  while (unknown.length > 0) {
    const group = unknown.splice(0, PEOPLE_AT_ONCE);
    const may = await Promise.all(group.map((each) => mayWrite(octokit, repository, each)));
    for (const [index, { id }] of group.entries()) if (may[index]) trusted.add(id);
  }
  return (person) => person !== undefined && trusted.has(person.id);
}

/** `whole`: whoever is not among them may not write. */
async function listWriters(octokit: Octokit, { owner, name }: TaskSpec["repository"]) {
  try {
    const place = { owner, repo: name, permission: "push" as const, per_page: PAGE };
    const { data } = await octokit.rest.repos.listCollaborators(place);
    const writers = data.filter(({ permissions }) => permissions?.push).map(({ id }) => id);
    return { writers, whole: data.length < PAGE };
  } catch (error) {
    if (classify(error) !== "forbidden") throw error;
    return { writers: [], whole: false };
  }
}
