/** Pushing and fetching against a server that fails in every way that may pass, and in those that do not. */
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { type PushResult, push } from "../../../workers/publish/push.ts";
import { StillFailing } from "../../../workers/still-failing.ts";
import { fetchRefs } from "../../../workers/workspace/fetch-refs.ts";
import { AccessDenied, RepositoryGone } from "../../../workers/workspace/git-errors.ts";
import type { Mirror } from "../../../workers/workspace/mirror.ts";
import { tryAgain } from "../../../workers/workspace/try-again.ts";
import type { Failure } from "../workspace/git-server.ts";
import { forWholeFile, git, type Remote, startHost, startRemote } from "../workspace/support.ts";
import { startRun } from "./support.ts";

const silent = pino({ level: "silent" });
const never = new AbortController().signal;
const waits = { first: 1, longest: 5 };

const unavailable = (status: number): Failure => ({ status, text: `status ${status}` });
const WAYS: [string, Failure, at?: string][] = [
  ["500", unavailable(500)],
  ["502", unavailable(502)],
  ["503", unavailable(503)],
  ["429", unavailable(429)],
  ["a connection that is reset", "cut"],
  ["502 to the objects", unavailable(502), "pack?"],
  ["a reset in the middle of the objects", "cut", "pack?"],
  ["an answer that is lost", "lost", "pack?"],
];
const CASES = WAYS.flatMap(([what, how, at = "info/refs"]) => [1, 2, 5].map((times) => ({ what, how, at, times })));

async function work() {
  const run = await startRun();
  run.agent("echo x > work.txt; git add -A; git commit -qm work");
  const sha = await run.recreate();
  let tokens = 1;
  const sent = (signal = never, log = silent): Promise<PushResult> =>
    tryAgain(
      ({ fresh }) => {
        if (fresh) tokens += 1;
        const { quarantine, branch, taskId } = run;
        return push({ quarantine, access: run.remote.access, sha, branch, expected: "", taskId });
      },
      { signal, log, waits },
    );
  return { ...run, sha, sent, tokens: () => tokens };
}

/** The work of one run, for all that only differs in what the server does: to make it takes longer than to push it. */
let once: ReturnType<typeof work> | undefined;

/** The server knows nothing of the work. */
async function sameWork() {
  once ??= forWholeFile(work);
  const done = await once;
  git(done.remote.bare, "update-ref", "-d", `refs/heads/${done.branch}`);
  git(done.remote.bare, "prune", "--expire=now");
  return done;
}

describe("a push", () => {
  test.each(CASES)("$what, $times times, and then not: the commit is there", async ({ how, at, times }) => {
    const { remote, branch, sha, sent } = await sameWork();
    expect(() => git(remote.bare, "cat-file", "-e", sha)).toThrow();
    remote.server.failures = Array.from({ length: times }, () => ({
      at: at.replace("pack?", "git-receive-pack"),
      how,
    }));
    expect(await sent()).toMatchObject({ sha });
    expect(remote.server.failures).toEqual([]);
    expect(git(remote.bare, "rev-parse", `refs/heads/${branch}`)).toBe(sha);
    expect(git(remote.bare, "for-each-ref", "--format=%(refname)", "refs/heads/orch")).toBe(`refs/heads/${branch}`);
  });

  test("a token that is not known everywhere yet is replaced", async () => {
    const { remote, sha, sent, tokens } = await work();
    remote.server.failures = [{ at: "receive-pack", how: unavailable(401) }];
    expect([await sent(), tokens()]).toEqual([{ kind: "pushed", sha }, 2]);
  });

  test.each([
    ["not accepted, whichever it is", 401, AccessDenied],
    ["good for no such repository, whichever it is", 404, RepositoryGone],
  ])("a token that is %s ends it", async (_what, status, kind) => {
    const { remote, sent, tokens } = await work();
    remote.server.refusePush = { status, text: "no" };
    await expect(sent()).rejects.toBeInstanceOf(kind);
    expect(tokens()).toBe(4);
  });

  test.each(["Internal Server Error", "failure", "unpacker error"])(
    "a server that says %s of the branch is asked again",
    async (ng) => {
      const { remote, branch, sha, sent } = await work();
      remote.server.failures = Array.from({ length: 2 }, () => ({ at: "/git-receive-pack", how: { ng, branch } }));
      expect(await sent()).toEqual({ kind: "pushed", sha });
      expect(remote.server.failures).toEqual([]);
    },
  );

  test("a server that cannot have its own lock is asked again: nobody else has been at the branch", async () => {
    const { remote, branch, sha, sent } = await work();
    remote.server.failures = [{ at: "/git-receive-pack", how: { ng: "cannot lock ref", branch } }];
    expect(await sent()).toEqual({ kind: "pushed", sha });
  });

  test("a missing permission ends it at once", async () => {
    const { remote, sent } = await work();
    remote.server.refusePush = { status: 403, text: "Write access to repository not granted." };
    await expect(sent()).rejects.toBeInstanceOf(AccessDenied);
    expect(remote.server.requests.filter((each) => each.includes("service=git-receive-pack"))).toHaveLength(1);
  });

  test("GitHub's own word for how long to wait is kept", async () => {
    const { remote, sha, sent } = await work();
    remote.server.failures = [{ at: "receive-pack", how: { status: 429, text: "", headers: { "retry-after": "1" } } }];
    const before = performance.now();
    expect(await sent()).toEqual({ kind: "pushed", sha });
    expect(performance.now() - before).toBeGreaterThan(990);
  });

  test("what lasts is told, once, and what passes at once is not", async () => {
    const { remote, quarantine, branch, taskId, sha } = await work();
    const heldUpFor = async (heldUpMs: number, times: number) => {
      remote.server.failures = Array.from({ length: times }, () => ({ at: "receive-pack", how: unavailable(502) }));
      const told: number[] = [];
      const deed = () => push({ quarantine, branch, taskId, sha, access: remote.access, expected: "" });
      const onHeldUp = (since: number) => told.push(since);
      await tryAgain(deed, { signal: never, log: silent, waits, heldUpMs, onHeldUp });
      return told;
    };
    const before = Date.now();
    expect(await heldUpFor(0, 3)).toEqual([expect.toSatisfy((since: number) => since >= before)]);
    expect(await heldUpFor(60_000, 3)).toEqual([]);
  });

  test("what fails to the end is told with its last reason", async () => {
    const { remote, sent } = await work();
    remote.server.refusePush = { status: 502, text: "Bad Gateway" };
    const ending = new AbortController();
    const write = () => {
      if (remote.server.requests.length > 3) ending.abort(new Error("the deadline"));
    };
    const ended = await sent(ending.signal, pino({ level: "warn" }, { write })).catch((error: unknown) => error);
    expect(ended).toBeInstanceOf(StillFailing);
    expect((ended as Error).message).toMatch(/Pushing to octo-org\/example failed: .*502/);
  });
});

describe("a fetch", () => {
  let started: Promise<{ remote: Remote; mirror: Mirror }> | undefined;
  const start = async () => {
    const remote = await startRemote();
    return { remote, mirror: (await startHost(remote)).mirror };
  };

  test.each(CASES)("$what, $times times, and then not: the branch is there", async ({ what, how, at, times }) => {
    started ??= forWholeFile(start);
    const { remote, mirror } = await started;
    const tip = remote.commit({ "more.txt": `${what}, ${times}` });
    remote.server.failures = Array.from({ length: times }, () => ({ at: at.replace("pack?", "git-upload-pack"), how }));
    const fetched = tryAgain(() => fetchRefs(mirror, remote.access, ["main"]), { signal: never, log: silent, waits });
    expect(await fetched).toEqual({ main: tip });
    expect(remote.server.failures).toEqual([]);
  });
});
