/** GitHub fails while the bot asks it for what a worker host needs. The host asks again, and has it when GitHub is well. */
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { ApiFaultAction } from "../../simulator/faults.ts";
import { makeBotClient } from "../../workers/bot-client.ts";
import { type BotSetting, startBotSetting, WORKER_SECRET } from "../support/bot.ts";
import { claimedBy } from "../support/task-spec.ts";

let orch: BotSetting;
let id: string;
beforeAll(async () => {
  orch = await startBotSetting();
});
afterAll(() => orch.close());
beforeEach(async () => {
  id = orch.taskId((await orch.comment(await orch.openIssue(), "/orch fix the tests")).id);
  await orch.quiet();
  await orch.store.advance(id, claimedBy("host-a"));
});

const WAYS: [string, ApiFaultAction][] = [
  ["500", { status: 500 }],
  ["502", { status: 502 }],
  ["503", { status: 503 }],
  ["429 with a time to wait", { status: 429, headers: { "retry-after": "1" } }],
  ["a connection that is reset", "reset"],
  ["an answer that is lost", "lost"],
];
const ASKED = [
  { what: "a token to fetch", path: /\/access_tokens$/ },
  { what: "a token to push", path: /\/access_tokens$/ },
  { what: "the context", path: /\/graphql$/ },
] as const;

/** Five times, each waited for twice as long as the last, takes eight seconds: of one way only. */
const timesOf = (way: string) => (way === "502" ? [1, 2, 5] : [1, 2]);
const CASES = ASKED.flatMap((asked) => [
  ...WAYS.flatMap(([way, action]) => timesOf(way).map((times) => ({ ...asked, way, action, times }))),
  { ...asked, way: "401", action: { status: 401 }, times: 1 },
]);

test.each(CASES)("$what: $way, $times times, and then not", async ({ what, path, action, times }) => {
  const { botFolder: folder } = orch.config;
  const client = makeBotClient({ kind: "folder", folder }, WORKER_SECRET, pino({ level: "silent" }));
  if (what === "a token to push")
    await orch.store.advance(id, { name: "phase", epoch: 1, phase: "publishing", at: Date.now() });
  const [run, never] = [{ taskId: id, epoch: 1 }, new AbortController().signal];
  const ask = () =>
    what === "the context"
      ? client.context(run, never)
      : client.token(run, what === "a token to push" ? "push" : "fetch", never);
  await ask(); // what the bot had made ahead
  const fault = orch.github.faults.api({ times, match: { method: "POST", path }, action });
  const expected = what === "the context" ? { title: "Tests fail" } : { cloneUrl: orch.repository.cloneUrl };
  expect(await ask()).toMatchObject(expected);
  fault.cancel();
  expect(fault.fired).toBe(times);
});
