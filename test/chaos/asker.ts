/** The people of a campaign: they ask for one thing after the other, in several repositories, under new and old issues. */
import type { Orch, Place } from "../support/orch.ts";
import type { Random } from "../support/random.ts";

export type Wanted = { tasks: number; isShort?: true };
export type Asked = { place: Place; taskId: string };

/** So many tasks share a repository, on average. */
const TASKS_PER_REPOSITORY = 4;
/** How long agents work: at once done, and as long as it takes to be hit by something. */
const SECONDS = [0, 1, 2, 4, 8];
const SECONDS_IN_SHORT = [0, 1, 2];
const MAINTAINER = "maintainer";
/** GitHub takes so much text an hour from one installation; each owner has one. */
const TASKS_PER_OWNER = 40;

/** Resolves with whoever asks for the next task: a comment that GitHub has taken. */
export async function makeAsker(orch: Orch, random: Random, { tasks, isShort }: Wanted): Promise<() => Promise<Asked>> {
  const repositories: Place[] = [];
  for (let count = Math.max(2, Math.ceil(tasks / TASKS_PER_REPOSITORY)); count > 0; count--) {
    const seconds = `${random.pick(isShort ? SECONDS_IN_SHORT : SECONDS)}\n`;
    const verify = random.below(2) === 0 ? "node --test" : undefined;
    const owner = `owner-${repositories.length % Math.ceil(tasks / TASKS_PER_OWNER)}`;
    repositories.push(await orch.place({ agent: "toils", ...(verify && { verify }) }, { seconds }, owner));
  }
  const places: Place[] = [];
  return async () => {
    const { repository } = random.pick(repositories);
    const isOld = random.below(5) === 0 && places.length > 0;
    const old = isOld ? random.pick(places) : undefined;
    const place = old ?? { repository, number: await openIssue(orch, repository) };
    places.push(place);
    const { taskId } = await orch.command("/orch fix the tests", place);
    return { place, taskId };
  };
}

async function openIssue({ simulator }: Orch, repository: Place["repository"]): Promise<number> {
  const opened = await simulator.openIssue(repository, {
    as: MAINTAINER,
    title: "They fail",
    body: "Please fix them.",
  });
  return opened.number;
}
