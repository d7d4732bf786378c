/** Who is noted down for what was asked at the dashboard. */
import { expect, test } from "vitest";
import { type DashboardAsks, requestOfDashboard } from "../../src/events/on-dashboard.ts";
import type { CarriedOut } from "../../src/intake/carried-out.ts";
import { noteDeed } from "../../src/intake/note-deed.ts";
import type { Deed } from "../../src/task/deeds.ts";
import { makeSpec } from "../support/task-spec.ts";

const COMMAND = { kind: "cancel", line: 1, task: "tabcdefghijklmno" } as const;

async function noted(
  who: DashboardAsks["who"],
  cameTo: CarriedOut = { done: true, tasks: [COMMAND.task] },
): Promise<Deed | undefined> {
  const found: Deed[] = [];
  const deeds = {
    note: async (_: string, deed: Deed) => found.push(deed) > 0,
    ofTask: async () => [],
    newest: async () => [],
  };
  const request = requestOfDashboard(makeSpec({}), { who, key: "k", command: COMMAND, now: 1 });
  await noteDeed({ deeds, now: () => 1 }, request, COMMAND, cameTo);
  return found[0];
}

test.each<[string, DashboardAsks["who"], Deed["by"]]>([
  ["an operator with a link", { operator: "root" }, { name: "root" }],
  ["an operator whom GitHub has named", { operator: "ada", id: 7 }, { name: "ada", id: 7 }],
  ["anybody else", { actor: { id: 9, login: "grace" } }, { name: "grace", id: 9 }],
])("%s is noted down by name, and by the account where there is one", async (_, who, by) => {
  expect(await noted(who)).toMatchObject({ verb: "cancel", via: "dashboard", by });
});

test("what came to nothing is noted with the beginning of the answer, on one line", async () => {
  const say = `No task is called **x**.\n${"more ".repeat(100)}`;
  const deed = await noted({ operator: "root" }, { done: false, say });
  expect(deed).toMatchObject({
    done: false,
    why: expect.stringMatching(/^No task is called \*\*x\*\*\. more more .{0,170}…$/),
  });
  expect((await noted({ operator: "root" }, { done: true, say }))?.why).toBeUndefined();
});
