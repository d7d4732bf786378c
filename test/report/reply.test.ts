import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { reactTo } from "../../src/report/reaction.ts";
import { ensureReply } from "../../src/report/reply.ts";
import { commentOf } from "../support/task-spec.ts";
import { MAINTAINER, type Reporting, startReporting } from "./reporting.ts";

let world: Reporting;
beforeAll(async () => {
  world = await startReporting();
});
afterEach(() => {
  expect(world.simulator.violations()).toEqual([]);
});
afterAll(async () => {
  await world.stop();
});

test("a reply stands once, however often and by whomever it is given", async () => {
  const spec = await world.task(await world.repository());
  const { installationId, repository, number } = spec;
  const reply = { installationId, repository, number, key: "10-70", body: "No.", since: spec.requestedAt };
  await ensureReply({ ...world.reporter().deps, abandoned: false }, reply);
  await ensureReply({ ...world.reporter().deps, abandoned: false }, reply);
  await Promise.all(
    [1, 2].map(() => ensureReply({ ...world.reporter().deps, abandoned: false }, { ...reply, key: "10-71" })),
  );
  expect(world.comments(spec).map((body) => body.split("\n")[0])).toEqual(["No.", "No."]);
});

test("a reply passes through the choke point, its key cannot leave the marker", async () => {
  const spec = await world.task(await world.repository());
  const { installationId, repository, number } = spec;
  const body = "\u001b[31mred\n/orch cancel\nghs_16C7e42F292c6912E7710c838347Ae178B4a";
  await ensureReply(
    { ...world.reporter().deps, abandoned: false },
    { installationId, repository, number, key: "--> x", body, since: 0 },
  );
  const [text = ""] = world.comments(spec);
  expect(text).toMatch(
    /^red\n\\\/orch cancel\n\[redacted\]\n\n<!-- orch-app:1 to=--%3E%20x kind=reply mac=[0-9a-f]{32} -->$/,
  );
});

test("a reaction replaces our others and leaves those of people", async () => {
  const spec = await world.task(await world.repository());
  const octokit = await world.reporter().deps.github.forInstallation(spec.installationId);
  const react = (content: "eyes" | "confused") =>
    reactTo(octokit, spec.repository, spec.origin, { content, before: { look: true } });
  const person = world.simulator.createUser(MAINTAINER.as);
  const theirs = `${world.simulator.url}/api/v3/repos/octo-org/${spec.repository.name}/issues/comments/${commentOf(spec)}/reactions`;
  const headers = { authorization: `token ${person.token}`, "content-type": "application/json" };
  const answer = await fetch(theirs, { method: "POST", headers, body: JSON.stringify({ content: "eyes" }) });
  expect(answer.status).toBe(201);
  await react("eyes");
  await react("confused");
  await react("confused");
  expect([...world.reactions(spec)].sort()).toEqual(["confused", "eyes"]);
});
