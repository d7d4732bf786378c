import { expect, test } from "vitest";
import { deedKey } from "../../dashboard/deeds/form-key.ts";
import { whatWasSaid } from "../../dashboard/deeds/said.ts";
import type { Viewer, Visit } from "../../dashboard/visit.ts";
import type { CallerReplies, CallerReply } from "../../src/task/caller-replies.ts";
import type { TaskStore } from "../../src/task/store.ts";
import type { Task } from "../../src/task/task.ts";
import { makeSpec } from "../support/task-spec.ts";

const ada: Viewer = { kind: "person", id: 7, login: "ada" };
const KEY = "k".repeat(22);
const task = { spec: makeSpec() } as Task;

function saidTo(viewer: Viewer, reply: CallerReply | undefined, { key = KEY, isNew = false } = {}) {
  const { id, repository } = task.spec;
  const name = `${repository.id}-dashboard-${deedKey(ada, id, KEY)}`;
  const callers = { read: async (asked: string) => (asked === name ? reply : undefined) } as CallerReplies;
  const read = async (asked: string) =>
    isNew && asked !== id ? ({ spec: { ...task.spec, id: asked } } as Task) : undefined;
  return whatWasSaid(
    { callers, store: { read } as TaskStore },
    { viewer, query: new URLSearchParams({ said: key }) } as Visit,
    task,
  );
}

test("who has done something is told what became of it, and nobody else", async () => {
  const reply = { done: false, say: "Task `t1` <b>is</b> over.\n\n`/orch retry` does it once more." };
  expect((await saidTo(ada, reply))?.text).toBe(
    '<div class="said bad" role="status"><p>Task <code>t1</code> &lt;b&gt;is&lt;/b&gt; over.</p><p><code>/orch retry</code> does it once more.</p></div>',
  );
  expect((await saidTo({ ...ada, id: 8 }, reply))?.text).toContain("Asked for.");
  expect((await saidTo({ kind: "operator", name: "ada" }, reply))?.text).not.toContain("over");
});

test("what nobody answered yet, or was carried out without a word, is said in words of our own", async () => {
  expect((await saidTo(ada, undefined))?.text).toContain("carried out in a moment");
  expect((await saidTo(ada, { done: true }))?.text).toContain("<p>Done.</p>");
  expect(await saidTo(ada, { done: true }, { key: "no key" })).toBeUndefined();
});

test("who has a task done once more is led to the new one", async () => {
  const said = (await saidTo(ada, { done: true }, { isNew: true }))?.text;
  expect(said).toMatch(/Done\. A new task does it: <a class="mono" href="\/tasks\/(t[a-z0-9]{15})">\1<\/a>\./);
  expect(said).not.toContain(task.spec.id);
});
