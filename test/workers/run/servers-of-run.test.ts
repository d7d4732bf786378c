import { describe, expect, test } from "vitest";
import type { Place } from "../../../workers/run/ground.ts";
import type { Run } from "../../../workers/run/run.ts";
import { serversOfRun, serversPart } from "../../../workers/run/servers-of-run.ts";
import { makeSpec } from "../../support/task-spec.ts";

const all = [
  { name: "store", command: ["store"], prints: "up", seconds: 5 },
  { name: "web", command: ["web"], port: 3000, seconds: 5 },
];
const place = { workspace: { inside: { tmpDir: "/workspace/tmp" } } } as Place;
const node = { plan: "p", id: "one", try: 1, home: "h1", share: 0.5 };

const runOf = (of: Parameters<typeof makeSpec>[0], stage?: "planning" | "alone") =>
  ({ task: { spec: makeSpec(of) }, folder: { record: { ...(stage && { team: { stage } }) } } }) as unknown as Run;

describe("of the repository's servers", () => {
  test("a planner may choose from all, and an agent that does it alone is told of none", () => {
    const run = runOf({ team: true }, "planning");
    expect(serversOfRun(run, all, undefined)).toEqual(all);
    expect(serversOfRun(run, undefined, undefined)).toEqual([]);
    expect(serversPart(run, all, place)).toContain("Name only what the node cannot do without");
    expect(serversPart(runOf({ team: true }, "alone"), all, place)).toBeUndefined();
  });

  test("a node's agent has what its node names, in the order of the file", () => {
    const run = runOf({ node });
    expect(serversOfRun(run, all, { servers: ["web", "store"] })).toEqual(all);
    expect(serversOfRun(run, all, { servers: ["web"] })).toEqual(all.slice(1));
    expect(serversOfRun(run, all, {})).toBeUndefined();
    expect(serversPart(run, all, place)).toContain("at 127.0.0.1:3000");
  });

  test("one that the file does not name any more is told in plain words", () => {
    expect(() => serversOfRun(runOf({ node }), all, { servers: ["mail"] })).toThrow(
      "needs the server `mail`, which the repository's file does not name any more",
    );
  });

  test("any other task has none", () => {
    expect(serversOfRun(runOf({}), all, undefined)).toBeUndefined();
    expect(serversPart(runOf({}), undefined, place)).toBeUndefined();
  });
});
