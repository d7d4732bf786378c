/** The people of a campaign: they ask for one thing after the other, in several repositories, under new and old issues. */
import type { Orch, Place } from "../support/orch.ts";
import type { Random } from "../support/random.ts";

/** `teams`: every so many tasks one is a team's; none: none is. */
export type Wanted = { tasks: number; teams?: number; isShort?: true };
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
export async function makeAsker(
  orch: Orch,
  random: Random,
  { tasks, teams, isShort }: Wanted,
): Promise<() => Promise<Asked>> {
  const repositories: Place[] = [];
  for (let count = Math.max(2, Math.ceil(tasks / TASKS_PER_REPOSITORY)); count > 0; count--) {
    const seconds = `${random.pick(isShort ? SECONDS_IN_SHORT : SECONDS)}\n`;
    const verify = random.below(2) === 0 ? "node --test" : undefined;
    const owner = `owner-${repositories.length % Math.ceil(tasks / TASKS_PER_OWNER)}`;
    repositories.push(await orch.place({ agent: "toils", ...(verify && { verify }) }, { seconds }, owner));
  }
  const forTeams = teams === undefined ? undefined : await placeForTeams(orch);
  let count = 0;
  const places: Place[] = [];
  return async () => {
    count += 1;
    if (forTeams && count % (teams ?? count) === 0) {
      const place = { repository: forTeams, number: await openIssue(orch, forTeams) };
      return { place, taskId: (await orch.command("/orch team write the files", place)).taskId };
    }
    const { repository } = random.pick(repositories);
    const isOld = random.below(5) === 0 && places.length > 0;
    const old = isOld ? random.pick(places) : undefined;
    const place = old ?? { repository, number: await openIssue(orch, repository) };
    places.push(place);
    const { taskId } = await orch.command("/orch fix the tests", place);
    return { place, taskId };
  };
}

/** Plans begin there without anybody's word. */
async function placeForTeams(orch: Orch): Promise<Place["repository"]> {
  const team = { approval: "auto", nodes: 4, budget: "$4" };
  return (await orch.place({ agent: "toils", verify: "true", team }, { seconds: "1\n" }, "owner-0")).repository;
}

async function openIssue({ simulator }: Orch, repository: Place["repository"]): Promise<number> {
  const opened = await simulator.openIssue(repository, {
    as: MAINTAINER,
    title: "They fail",
    body: "Please fix them.",
  });
  return opened.number;
}
