import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { envelopesOf } from "../../../src/task/envelope.ts";
import { book, reserve } from "../../../src/task/ledger.ts";
import type { NodeSpec } from "../../../src/task/plan-proposal.ts";
import type { TaskSpec } from "../../../src/task/task-spec.ts";
import { parseOperatorFile } from "../../../workers/operator-file.ts";
import { checkHandedIn, choicesHere, fundsHere, roleFacts } from "../../../workers/run/check-plan.ts";
import { planGround } from "../../../workers/run/plan-ground.ts";
import type { TalkRun } from "../../../workers/talk-back/tool.ts";
import { type ConnectedRedis, startConnectedRedis } from "../../support/redis.ts";
import { makeSpec } from "../../support/task-spec.ts";
import { nodeSpec } from "../../task/plans-made.ts";

const operatorOf = (more = "") =>
  parseOperatorFile(
    `agents: { claude: { kind: plain, command: [claude] }, gemini: { kind: plain, command: [gemini] } }\ndefaultAgent: claude\nroles: { reviewer: { agent: gemini } }\n${more}`,
    "orch.yml",
  );

function handIn(count: number, spec: Partial<TaskSpec>, more = "", node: Partial<NodeSpec> = {}) {
  const run = {
    task: { spec: makeSpec({ team: true, ...spec }) },
    folder: { record: { prepared: { verify: ["true"], servers: [{ name: "web" }, { name: "store" }] } } },
  };
  const talk = { shared: { operator: operatorOf(more) }, run } as unknown as TalkRun;
  const nodes = Array.from({ length: count }, (_, nth) => nodeSpec(`n${nth}`, { budget: { usd: 1 }, ...node }));
  return checkHandedIn(talk, { goal: "Prices", nodes });
}

describe("what the nodes of a plan may still use", () => {
  let server: ConnectedRedis;
  beforeAll(async () => {
    server = await startConnectedRedis();
  });
  afterAll(() => server.close());
  const at = Date.UTC(2026, 10, 28);

  test("is what runs have left of it, without what the manager's own run has set aside", async () => {
    const { redis } = server;
    const operator = operatorOf("budget: { plan: $20, run: $3 }");
    const spec = makeSpec({ team: true, budget: { usd: 5 } });
    const run = async (task: TaskSpec, usd: number) => {
      const envelopes = envelopesOf(task, operator.budget, at) ?? [];
      expect(
        await reserve(redis, { task: task.id, epoch: 1, envelopes, want: { usd }, lost: undefined, at }),
      ).toMatchObject({ kind: "reserved" });
    };
    const node = { plan: spec.id, id: "a", try: 1, home: "h1", share: 1, planBudget: { usd: 5 } };
    const { team: _, budget: __, ...plain } = spec;
    const nodeTask = { ...plain, id: "tnodenodenodenod", node };
    await run(nodeTask, 1.5);
    await book(redis, { task: nodeTask.id, epoch: 1, used: { usd: 1.25 } });
    await run({ ...nodeTask, id: "tothernodeothern" }, 0.5);
    await run(spec, 2);
    expect(await fundsHere({ operator, redis }, spec, at)).toMatchObject({
      limit: { usd: 5 },
      used: { usd: 1.75 },
      most: { usd: 20 },
    });
  });

  test("is nobody's matter where nothing is limited", async () => {
    expect(
      await fundsHere({ operator: operatorOf(), redis: server.redis }, makeSpec({ team: true }), at),
    ).toBeUndefined();
  });
});

describe("a plan that is handed in", () => {
  test("has as many nodes as operator and repository let it have", () => {
    expect(handIn(5, {}).problems).toEqual([]);
    expect(handIn(5, { planLimits: { nodes: 4 } }).problems).toEqual(["There are 5 nodes, and at most 4 are allowed."]);
    expect(handIn(14, {}).problems).toHaveLength(1);
    expect(handIn(14, {}, "team: { limits: { nodes: 20 } }").problems).toEqual([]);
    expect(handIn(14, { planLimits: { nodes: 40 } }).problems).toHaveLength(1);
  });

  test("may name the servers of the repository's file, and no other", () => {
    expect(handIn(3, {}, "", { servers: ["store", "web"] }).problems).toEqual([]);
    expect(handIn(3, {}, "", { servers: ["mail"] }).problems[0]).toBe(
      "n0 needs the server mail. There are: web, store.",
    );
  });

  test("may use as much as they let it use", () => {
    expect(handIn(5, { caps: { plan: { usd: 6 } } }).problems.join()).toContain("$5.00");
    expect(handIn(5, { caps: { plan: { usd: 6.5 } } }).problems).toEqual([]);
    expect(handIn(5, {}, "budget: { plan: $6, run: $2 }").problems).toHaveLength(1);
  });
});

test("a role that the repository has switched off is offered to no planner, and worked on by nobody", () => {
  const operator = operatorOf();
  const spec = { roles: { tester: { off: true as const }, developer: { agent: "gemini" } } };
  const names = (roles: readonly { name: string }[]) => roles.map(({ name }) => name);
  expect(names(planGround({ operator }, {}).roles)).toContain("tester");
  expect(names(planGround({ operator }, spec).roles)).not.toContain("tester");
  expect(names(roleFacts(operator, spec))).not.toContain("tester");
  expect(choicesHere(operator, spec)("developer")).toEqual([{ agent: "gemini" }, { agent: "claude" }]);
  expect(
    planGround({ operator: operatorOf("team: { limits: { width: 5 } }") }, { planLimits: { width: 2 } }).width,
  ).toBe(2);
});
