/**
 * A Redis as an older Orch left it, written here by hand in that one's form: due sets without tokens, leases that were only
 * times. A bot of today loses none of it.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BotSetting, MAINTAINER, startBotSetting } from "./support/bot.ts";
import { makeSpec } from "./support/task-spec.ts";

let orch: BotSetting;
beforeAll(async () => {
  orch = await startBotSetting();
  await orch.stopBot();
});
afterAll(() => orch.close());

/** A comment without a command, so that only what is written to Redis can make it one. */
async function silentComment(number: number): Promise<number> {
  return (await orch.comment(number, "Hello")).id;
}

/** The record of a comment as the older ingress wrote it. */
function givenComment(number: number, commentId: number, text: string): string {
  return JSON.stringify({
    installationId: orch.repository.installationId,
    repository: { id: orch.repository.id, owner: "octo-org", name: "calculator", defaultBranch: "main" },
    number,
    on: "issue",
    commentId,
    commentUrl: `${orch.github.url}/octo-org/calculator/issues/${number}#issuecomment-${commentId}`,
    actor: { id: orch.github.createUser(MAINTAINER).id, login: MAINTAINER },
    commands: [{ kind: "task", line: 1, instruction: text }],
    requestedAt: Date.now(),
    receivedAt: Date.now(),
    delivery: "d",
  });
}

/** A task as the older store wrote it. */
async function fillTask(number: number, commentId: number, state: object, more: object = {}): Promise<string> {
  const { id: repositoryId, installationId } = orch.repository;
  const {
    origin: _,
    conversation: __,
    ...made
  } = makeSpec({
    id: orch.taskId(commentId),
    installationId,
    repository: { id: repositoryId, owner: "octo-org", name: "calculator" },
    number,
    requestedAt: Date.now(),
    acceptedAt: Date.now(),
  });
  const commentUrl = `${orch.github.url}/octo-org/calculator/issues/${number}#issuecomment-${commentId}`;
  const spec = { ...made, commentId, commentUrl };
  const record = { spec, state, epoch: 1, version: 1, crashes: [], progress: {}, ...more };
  await orch.redis.hset(`orch:task:${spec.id}`, "version", 1, "record", JSON.stringify(record));
  await orch.redis.zadd(`orch:issue:${repositoryId}:${number}`, spec.acceptedAt, spec.id);
  return spec.id;
}

test("a bot that is upgraded takes in every recorded comment and tells every task that was not told", async () => {
  const { redis, repository } = orch;
  // Two comments of one issue, of which the older bot had just taken the first; and an issue that waits for GitHub.
  const [busy, waiting] = [await orch.openIssue(), await orch.openIssue()];
  const comments = [await silentComment(busy), await silentComment(busy), await silentComment(waiting)];
  for (const [index, comment] of comments.entries()) {
    const number = index < 2 ? busy : waiting;
    await redis.set(`orch:inbox:${repository.id}-${comment}`, givenComment(number, comment, "fix it"), "EX", 1_000);
    await redis.zadd(`orch:inbox:issue:${repository.id}-${number}`, comment, `${repository.id}-${comment}`);
  }
  await redis.zadd("orch:inbox", Date.now() + 1_000, `${repository.id}-${busy}`, 1, `${repository.id}-${waiting}`);

  // One task was to be told, one was being told, and one that has only its branch had fallen out of the set.
  const outcome = { kind: "no_changes", lastWords: "Nothing to do." };
  const settled = { name: "settled", outcome, at: Date.now() };
  const places: { number: number; comment: number }[] = [];
  for (let index = 0; index < 3; index++) {
    const number = await orch.openIssue();
    places.push({ number, comment: await silentComment(number) });
  }
  const [due, taken, forgotten] = places;
  if (!due || !taken || !forgotten) throw new Error("there are three places");
  await redis.zadd("orch:unreported", 1, await fillTask(due.number, due.comment, settled));
  await redis.zadd("orch:unreported", Date.now() + 1_000, await fillTask(taken.number, taken.comment, settled));
  const branch = `orch/${forgotten.number}-${orch.taskId(forgotten.comment)}`;
  const sha = await orch.github.commit(repository, branch, { "a.txt": "a\n" }, "Add a", MAINTAINER);
  const pushed = { branch, sha, base: "main", files: 1, additions: 1, deletions: 0, commits: 1 };
  const since = Date.now() - 60_000;
  const publishing = {
    name: "running",
    phase: "publishing",
    host: "h1",
    claim: "c1",
    job: "j1",
    since,
    phaseSince: since,
  };
  await redis.zadd("orch:open", since, await fillTask(forgotten.number, forgotten.comment, publishing, { pushed }));
  await redis.set("orch:caught-up:lease", "a bot that is gone", "PX", 60_000);

  await orch.startBot();
  await orch.quiet();
  const ids = comments.map((comment) => orch.taskId(comment));
  expect((await orch.store.readMany(ids)).map(({ state }) => state.name)).toEqual(["queued", "queued", "queued"]);
  const labelsOf = ({ number }: { number: number }) => orch.github.state.labels(repository, number);
  await orch.github.waitFor(() => [due, taken].every((each) => labelsOf(each).includes("orch:failed")), 20_000);
  await orch.github.waitFor(() => labelsOf(forgotten).includes("orch:done"), 20_000);
  expect(await orch.store.read(orch.taskId(forgotten.comment))).toMatchObject({
    state: { name: "settled", outcome: { kind: "pull_request" } },
  });
  await expect.poll(() => orch.store.reports.size(), { timeout: 20_000 }).toBe(0);
});
