/** A turn during which the host was away, and what becomes of it. */
import { expect, test, vi } from "vitest";
import type { Run } from "../../../workers/run/run.ts";
import { turnForUnheard } from "../../../workers/run/unheard.ts";

type Given = { unattended?: boolean; offered?: boolean; finish?: object };

function runOf({ unattended = true, offered = true, finish }: Given) {
  const steps = [{ name: "agent-1", kind: "agent", startedAt: 1, unattended, after: undefined as unknown }];
  const folder = { record: { steps, finish }, save: vi.fn() };
  return {
    run: { folder, talk: { offered }, log: { info: () => undefined } } as unknown as Run,
    step: steps[0],
    folder,
  };
}

test("nothing came of it: the agent hears that it may not have been heard, in another turn that is noted down", () => {
  const { run, step, folder } = runOf({});
  const prompt = turnForUnheard(run, "agent-1");
  expect(prompt).toMatch(/was away for a while during your turn/);
  expect(step?.after).toEqual({ kind: "again", prompt });
  expect(folder.save).toHaveBeenCalled();
});

test.each<[string, Given]>([
  ["its host was there all the time", { unattended: false }],
  ["it cannot talk to its host", { offered: false }],
  ["it has said what its work is, and so was heard", { finish: { title: "Nothing to change" } }],
])("%s: its turn is over as any other", (_, given) => {
  const { run, step, folder } = runOf(given);
  expect(turnForUnheard(run, "agent-1")).toBeUndefined();
  expect(step?.after).toBeUndefined();
  expect(folder.save).not.toHaveBeenCalled();
});
