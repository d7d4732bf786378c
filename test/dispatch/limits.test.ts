import { expect, test } from "vitest";
import { isReady } from "../../src/dispatch/ready.ts";
import type { Breaker } from "../../src/task/breaker.ts";
import { limitReason } from "../../src/task/waiting.ts";
import { host, NOW, spec, world } from "./worlds.ts";

const issue = spec("tabc", { target: { kind: "issue", defaultBranch: "main" } });
const hosts = [host("h1", { accounts: { claude: "one" } }), host("h2", { accounts: { claude: "two" } })];
const breaker = (account: string, at: number, changes: Partial<Breaker> = {}): Breaker => ({
  ...{ agent: "claude", account, why: "usage_limit", since: NOW - 1_000, at, tries: 1 },
  ...changes,
});
const both = (at: number, changes?: Partial<Breaker>) => [breaker("one", at, changes), breaker("two", at + 5_000)];

test("a task waits when every account for its agent refuses, until the first takes requests again", () => {
  expect(isReady(issue, world({ hosts, breakers: both(NOW + 60_000) }))).toMatchObject({
    kind: "waits",
    reasons: [{ for: "limit", agent: "claude", why: "usage_limit", at: NOW + 60_000 }],
  });
  expect(isReady(issue, world({ hosts, breakers: [breaker("one", NOW + 60_000)] }))).toMatchObject({ kind: "ready" });
  const old = [...hosts, host("h3")];
  expect(isReady(issue, world({ hosts: old, breakers: both(NOW + 60_000) }))).toMatchObject({ kind: "ready" });
});

test("then one task tries, and the others wait for that", () => {
  const tries = isReady(issue, world({ hosts, breakers: both(NOW - 1) }));
  expect(tries).toMatchObject({ kind: "ready", probes: { account: "one" } });
  const other = { probe: { task: "tother", until: NOW + 60_000 } };
  const waits = isReady(issue, world({ hosts, breakers: both(NOW - 1, other) }));
  expect(waits).toMatchObject({ kind: "waits", reasons: [{ for: "limit", probing: true }] });
  const later = isReady(
    issue,
    world({ hosts, now: NOW + 5_000, breakers: both(NOW - 1, other) }),
    waits.kind === "waits" ? waits.reasons : [],
  );
  expect(later).toEqual(waits);
});

test("a task that a limit has stopped goes on with its agent, where its session is, when its time has come", () => {
  const reason = limitReason({ agent: "claude", why: "rate_limit", since: NOW, at: NOW + 60_000, host: "h2" }, NOW);
  const around = world({ hosts: [...hosts, host("h9", { agents: ["codex"], slots: 9 })] });
  expect(isReady(issue, around, [reason])).toMatchObject({ kind: "waits", reasons: [{ host: "h2" }] });
  expect(isReady(issue, { ...around, now: NOW + 60_000 }, [reason])).toMatchObject({
    kind: "ready",
    lane: { agent: "claude", host: "h2" },
  });
  const without = world({ hosts: hosts.slice(0, 1), now: NOW + 60_000 });
  expect(isReady(issue, without, [reason])).toMatchObject({ kind: "ready", lane: { agent: "claude" } });
});
