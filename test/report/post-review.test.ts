/** A review that an agent handed in, on GitHub: once, line by line where GitHub takes that. */
import { describe, expect, test } from "vitest";
import type { ApiFaultAction } from "../../simulator/faults.ts";
import { makeReporter } from "../../src/report/reporter.ts";
import type { HandedOn, Review } from "../../src/task/review.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import { startReportingForFile } from "./reporting.ts";

const world = await startReportingForFile();

const findings: Review["findings"] = [
  { path: "a.txt", line: 1, severity: "high", text: "It says two. fixes #7 @octo-org/all", inDiff: true },
  { path: "b.txt", line: 9, severity: "low", text: "It says nothing." },
];

/** A pull request with a review that its host has told. */
async function reviewed(found = findings) {
  const repo = await world.repository();
  const sha = await world.simulator.commit(repo, "topic", { "a.txt": "two\n" }, "Say two", "maintainer");
  const pull = { as: "maintainer", title: "Two", head: "topic", base: "main", body: "" };
  const { number } = await world.simulator.openPull(repo, pull);
  const target = { kind: "pull" as const, defaultBranch: "main", headRef: "topic", headSha: sha, baseRef: "main" };
  const spec = await world.task(repo, { number, target });
  await world.claim(spec.id);
  const review = { sha, findings: found };
  const progress = { review, agent: "judge", model: "opus", finish: { ...said, summary: "I read all of it." } };
  const outcome = { kind: "reviewed" as const, findings: found.length, sha };
  await world.store.advance(spec.id, { name: "ended", epoch: 1, outcome, progress, at: world.now() });
  return { repo, spec, number, sha };
}
const said = { title: "A review", decisions: [], interfaces: [], followUps: [] };

const outcomeOf = async ({ id }: TaskSpec) => {
  const state = (await world.store.read(id))?.state;
  return state?.name === "settled" ? state.outcome : undefined;
};
type Reviewed = Awaited<ReturnType<typeof reviewed>>;
const reviewsOn = ({ repo, number }: Reviewed) => world.simulator.state.reviews(repo, number);
const linesOn = ({ repo, number }: Reviewed) =>
  world.simulator.state.reviewComments(repo, number).map(({ place, body }) => `${place.path}:${place.line} ${body}`);

describe("a review", () => {
  test("is posted as one comment by file and line; the rest stands in its text", async () => {
    const place = await reviewed();
    await world.reporter().report(place.spec.id);
    const [review] = reviewsOn(place);
    expect(reviewsOn(place)).toMatchObject([{ state: "COMMENTED", sha: place.sha }]);
    expect(linesOn(place)).toEqual([
      "a.txt:1 **high**: It says two. fixes <code>&num;7</code> <code>&commat;octo-org&sol;all</code>",
    ]);
    expect(review?.body).toContain("**2 findings** in the changes up to");
    expect(review?.body).toContain("I read all of it.");
    expect(review?.body).toContain("**low** · `b.txt`, line 9");
    expect(review?.body).toContain("Reviewed by `judge` (`opus`)");
    expect(review?.body).not.toContain("It says two.");
    expect(await outcomeOf(place.spec)).toMatchObject({ url: expect.stringContaining("#pullrequestreview-") });
  });

  test("without findings says so", async () => {
    const place = await reviewed([]);
    await world.reporter().report(place.spec.id);
    expect(reviewsOn(place)[0]?.body).toMatch(/^\*\*No findings\*\*/);
    expect(linesOn(place)).toEqual([]);
  });

  test("whose lines GitHub does not take stands in its text as a whole", async () => {
    const place = await reviewed([{ ...(findings[0] as Review["findings"][0]), line: 99 }]);
    await world.reporter().report(place.spec.id);
    expect(linesOn(place)).toEqual([]);
    expect(reviewsOn(place)).toMatchObject([{ state: "COMMENTED" }]);
    expect(reviewsOn(place)[0]?.body).toContain("**high** · `a.txt`, line 99");
  });

  test.each<[string, ApiFaultAction]>([
    ["GitHub takes it and the answer is lost", "lost"],
    ["GitHub is away for a moment", { status: 502 }],
  ])("stands there once when %s", async (_, action) => {
    const place = await reviewed();
    const match = { method: "POST", path: /\/reviews$/ };
    world.simulator.faults.api({ times: 1, match, action });
    const reporter = world.reporter();
    await reporter.report(place.spec.id);
    await reporter.report(place.spec.id);
    expect(reviewsOn(place)).toHaveLength(1);
    expect(await outcomeOf(place.spec)).toMatchObject({ url: expect.any(String) });
  });

  test("stands there once when another bot reports the task anew, and one that somebody else wrote is not taken for it", async () => {
    const place = await reviewed();
    await world.reporter().report(place.spec.id);
    const [ours] = reviewsOn(place);
    await world.simulator.review(place.repo, place.number, { as: "maintainer", body: ours?.body ?? "" });
    await world.reporter().report(place.spec.id);
    expect(reviewsOn(place)).toHaveLength(2);
  });

  test("tells what became of its findings, asked once it stands there", async () => {
    const place = await reviewed();
    const handedOn: HandedOn = { kind: "handed", task: "tabcdefghijklmno", round: 1 };
    const seen: number[] = [];
    const followUp = async () => {
      seen.push(reviewsOn(place).length);
      return handedOn;
    };
    const reporter = makeReporter({ ...world.reporter().deps, followUp });
    await reporter.report(await world.takeNow(place.spec.id));
    expect(seen).toEqual([1]);
    expect(await outcomeOf(place.spec)).toMatchObject({ handedOn });
    expect(world.comments(place.spec)[0]).toContain("task `tabcdefghijklmno`, round 1 of 2");
  });
});
