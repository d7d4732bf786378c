/** A step's way out stands before its program begins, leads where that step may go, and ends with the step. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { endHeld, holdAgent } from "../../../../workers/run/prepare/hold-agent.ts";
import { createRunFolder, readRunFolders } from "../../../../workers/run/run-folder.ts";
import { performStep } from "../../../../workers/run/step/perform-step.ts";
import {
  closeOtherOutlets,
  closeOutlets,
  followOutlet,
  networkUse,
  openOutlet,
  outletMount,
  policyOf,
} from "../../../../workers/run/step/step-outlet.ts";
import type { StepRecord } from "../../../../workers/run/step/step-record.ts";
import { NEVER, runBesideNetwork } from "../../support/run-beside-network.ts";

const MINUTE_MS = 60_000;
const elsewhere = { host: "elsewhere.example.com", port: 443, why: "it is not listed" };
const other = { host: "other.example.com", port: 443, why: "it is not listed" };
const hostsOf = (rules: readonly object[] = []) =>
  rules.map((rule) => ("hosts" in rule ? (rule.hosts as { name: string }[]).map(({ name }) => name) : "open"));

/** A step of the run that is written down and has not begun. */
function writtenDown(run: ReturnType<typeof runBesideNetwork>, name = "agent-1"): StepRecord {
  const record: StepRecord = { name, kind: name.startsWith("agent") ? "agent" : "verify", startedAt: 1 };
  run.folder.record.steps.push(record);
  return record;
}

describe("the way out of a step that runs", () => {
  test.each(["agent-1", "verify-1"] as const)(
    "is open before the program of %s begins, and closed after it has ended",
    async (name) => {
      const made = runBesideNetwork();
      const performed = performStep(made.shared, made.run, made.ground, name);
      await expect.poll(() => made.did).toContain("begin");
      const id = made.outlet(name);
      expect(made.did).toEqual([`place ${id}`, `open ${id}`, "begin"]);
      made.end(3);
      expect(await performed).toMatchObject({ kind: "ended" });
      expect(made.did).toEqual([`place ${id}`, `open ${id}`, "begin", `close ${id}`]);
    },
  );

  test("is opened before a program that was held back is let go", async () => {
    const made = runBesideNetwork();
    const held = await holdAgent(made.shared, made.run, made.ground, undefined);
    made.did.length = 0;
    const performed = performStep(made.shared, made.run, { ...made.ground, held }, "agent-1");
    writeFileSync(join(made.folder.dir, "agent-1", "latch"), "begun\n");
    made.end();
    await performed;
    const id = made.outlet("agent-1");
    expect(made.did).toEqual([`place ${id}`, `open ${id}`, "begin", `close ${id}`]);
  });

  test("is closed also when the program cannot be started", async () => {
    const made = runBesideNetwork();
    made.refuse(new Error("no session"));
    await expect(performStep(made.shared, made.run, made.ground, "agent-1")).rejects.toThrow("no session");
    expect(made.did.at(-1)).toBe(`close ${made.outlet("agent-1")}`);
  });

  test("is closed when the run is cancelled, and stays open for a program that a restart of the host leaves running", async () => {
    const close = async (kind: "cancel" | "handover") => {
      const made = runBesideNetwork();
      const performed = performStep(made.shared, made.run, made.ground, "agent-1");
      await expect.poll(() => made.did).toContain("begin");
      made.run.interrupt(kind === "cancel" ? { kind, reason: { kind: "command", by: "maintainer" } } : { kind });
      expect(await performed).toMatchObject({ kind: "interrupted" });
      return made.did.includes(`close ${made.outlet("agent-1")}`);
    };
    expect(await close("cancel")).toBe(true);
    expect(await close("handover")).toBe(false);
  });

  test("is not opened for a step that later ones have followed", async () => {
    const made = runBesideNetwork();
    writtenDown(made);
    writtenDown(made, "verify-1");
    mkdirSync(join(made.folder.dir, "agent-1"));
    for (const [name, text] of Object.entries({ stdout: "", stderr: "", exit: "0\n" }))
      writeFileSync(join(made.folder.dir, "agent-1", name), text);
    await performStep(made.shared, made.run, made.ground, "agent-1");
    expect(made.did).toEqual([]);
  });

  test("is there for a held program before its sandbox comes up, and is narrowed by what the repository listed last", async () => {
    const made = runBesideNetwork();
    await holdAgent(made.shared, made.run, made.ground, [{ name: "listed.example.com", ports: [443] }]);
    const id = made.outlet("agent-1");
    expect(made.did[0]).toBe(`place ${id}`);
    expect(made.did.slice(1)).toContain(`open ${id}`);
    expect(hostsOf(made.opened[0]?.policy.rules)[1]).toContain("listed.example.com");
  });

  test("is opened to its end although the held program fails, so that nothing opens it behind the next try", async () => {
    const made = runBesideNetwork();
    made.refuse(new Error("no session"));
    await expect(holdAgent(made.shared, made.run, made.ground, undefined)).rejects.toThrow("no session");
    expect(made.did).toContain(`open ${made.outlet("agent-1")}`);
  });
});

test("a program is not held where its way out cannot be opened", async () => {
  const made = runBesideNetwork();
  made.network.open = async () => {
    throw new Error("the network proxy does not answer");
  };
  await expect(holdAgent(made.shared, made.run, made.ground, undefined)).rejects.toThrow("does not answer");
});

test("a program does not begin where its way out cannot be opened", async () => {
  const made = runBesideNetwork();
  made.network.open = async () => {
    throw new Error("the network proxy does not answer");
  };
  await expect(performStep(made.shared, made.run, made.ground, "agent-1")).rejects.toThrow("does not answer");
  expect(made.did).not.toContain("begin");
});

test("what was held and is not needed loses its way out after its session has ended", async () => {
  const made = runBesideNetwork();
  await holdAgent(made.shared, made.run, made.ground, undefined);
  made.did.length = 0;
  await endHeld(made.shared, made.run);
  expect(made.did).toEqual(["kill", `close ${made.outlet("agent-1")}`]);
});

describe("where a step may go", () => {
  test("an agent goes where the operator lets the agent, a check where the operator lets checks", async () => {
    const { shared, ground } = runBesideNetwork();
    const agent = policyOf(shared, ground, { step: "agent", listed: undefined });
    const verify = policyOf(shared, ground, { step: "verify", listed: undefined });
    expect(hostsOf(agent?.rules)).toEqual([["model.example.com", "127.0.0.1"]]);
    expect(hostsOf(verify?.rules)).toEqual([["packages.example.com", "127.0.0.1"]]);
    expect(agent?.never).toEqual(NEVER);
    expect(verify?.never).toEqual(NEVER);
  });

  test.each([
    ["agent-1", "model.example.com"],
    ["verify-1", "packages.example.com"],
  ])("%s is opened for its own kind, narrowed by the repository, for longer than it may take", async (name, host) => {
    const made = runBesideNetwork();
    made.ground.prepared.listed = [{ name: "listed.example.com", ports: [443] }];
    await followOutlet(made.shared, made.run, made.ground, writtenDown(made, name)).then((way) => way?.detach());
    const [{ policy, forMs } = { policy: undefined, forMs: 0 }] = made.opened;
    expect(hostsOf(policy?.rules)).toEqual([
      [host, "127.0.0.1"],
      ["listed.example.com", host, "127.0.0.1"],
    ]);
    expect(forMs).toBeGreaterThanOrEqual((3 + (name === "agent-1" ? 50 : 7)) * MINUTE_MS);
    expect(forMs).toBeLessThanOrEqual((3 + 2 * (name === "agent-1" ? 50 : 7)) * MINUTE_MS);
  });

  test("its sandbox has the outlet's folder, the listed addresses of loopback for its kind, and a bounded number of connections", () => {
    const { shared, run, ground, network, outlet } = runBesideNetwork();
    expect(outletMount(shared, run, ground, "agent-1")).toEqual({
      dir: network.mountPoint(outlet("agent-1")),
      forward: [{ address: "127.0.0.1", port: 4010 }],
      connections: 33,
    });
    expect(outletMount(shared, run, ground, "verify-2")).toMatchObject({
      dir: network.mountPoint(outlet("verify-2")),
      forward: [{ address: "127.0.0.1", port: 4020 }],
    });
  });
});

test("without a sandbox nothing is placed, opened, mounted, told or closed, and the step runs all the same", async () => {
  const made = runBesideNetwork({ sandbox: "none" });
  const { shared, run, ground, folder } = made;
  const policy = policyOf(runBesideNetwork().shared, ground, { step: "agent", listed: undefined });
  made.end();
  expect(await performStep(shared, run, ground, "agent-1")).toMatchObject({ kind: "ended" });
  await openOutlet(shared, run, "agent-1", policy);
  await closeOutlets(shared, folder);
  await closeOtherOutlets(shared, [folder]);
  expect(outletMount(shared, run, ground, "agent-1")).toBeUndefined();
  expect(policyOf(shared, ground, { step: "agent", listed: undefined })).toBeUndefined();
  expect(made.did).toEqual(["begin"]);
  expect(made.confinements[0]).not.toHaveProperty("outlet");
  expect(networkUse(folder)).toBeUndefined();
});

describe("a step that had begun in an earlier life of the host", () => {
  function begun() {
    const made = runBesideNetwork();
    const record = writtenDown(made);
    mkdirSync(join(made.folder.dir, "agent-1"));
    writeFileSync(join(made.folder.dir, "agent-1", "pid"), "1 2 3 4\n");
    return { made, record };
  }

  test("is given no way out when its own is closed: it has ended, or it never had one", async () => {
    const { made, record } = begun();
    expect(await followOutlet(made.shared, made.run, made.ground, record)).toBeUndefined();
    expect(made.did).toEqual([]);
  });

  test("keeps the way out that it has", async () => {
    const { made, record } = begun();
    made.placed.add(made.outlet("agent-1"));
    const way = await followOutlet(made.shared, made.run, made.ground, record);
    expect(made.did).toContain(`open ${made.outlet("agent-1")}`);
    way?.detach();
  });
});

describe("what was blocked", () => {
  test("is told when it is new, and stands in the step's record when the way out is closed", async () => {
    const made = runBesideNetwork();
    const record = writtenDown(made);
    const way = await followOutlet(made.shared, made.run, made.ground, record);
    const tellings: string[][] = [];
    const told = new Promise<void>((resolve) =>
      way?.onBlocked((places) => {
        tellings.push(places.map(({ host }) => host));
        resolve();
      }),
    );
    made.tell(made.outlet("agent-1"), { bytes: 5, blocked: 1, places: [elsewhere] });
    await told;
    expect(record.network).toMatchObject({ egress: "listed", blocked: 1, places: [elsewhere] });
    made.tell(made.outlet("agent-1"), { bytes: 9, blocked: 4, places: [elsewhere] });
    expect(tellings).toEqual([[elsewhere.host]]);
    await way?.close();
    await way?.close();
    expect(tellings).toEqual([[elsewhere.host], []]);
    expect(record.network).toEqual({ egress: "listed", bytes: 9, blocked: 4, places: [elsewhere] });
    const [onDisk] = readRunFolders(join(made.dir, "runs")).folders;
    expect(onDisk?.record.steps).toMatchObject([{ name: "agent-1", network: record.network }]);
    expect(made.did.filter((word) => word.startsWith("close"))).toHaveLength(1);
  });

  test("is in the last that is told of the step's progress, be it known only when the way out is closed", async () => {
    const made = runBesideNetwork();
    const performed = performStep(made.shared, made.run, made.ground, "agent-1");
    await expect.poll(() => made.did).toContain("begin");
    made.reports.set(made.outlet("agent-1"), { bytes: 9, blocked: 4, places: [elsewhere] });
    made.end();
    await performed;
    expect(made.news.at(-1)?.progress?.network).toEqual({ egress: "listed", blocked: 4, places: [elsewhere] });
    expect(made.blocked).toEqual(["elsewhere.example.com:443: it is not listed"]);
  });

  test("is told as an event, once for each place, without the agent's key and on one line", async () => {
    const made = runBesideNetwork();
    made.ground.agent.env.MODEL_API_KEY = "value-of-the-model-key";
    const performed = performStep(made.shared, made.run, made.ground, "agent-1");
    await expect.poll(() => made.did).toContain("begin");
    const id = made.outlet("agent-1");
    made.tell(id, { bytes: 9, blocked: 4, places: [elsewhere] });
    await expect.poll(() => made.blocked).toHaveLength(1);
    const leak = {
      host: "value-of-the-model-key.example.com",
      port: 80,
      why: `\u001b[2Jtwo\nlines ${"x".repeat(450)}`,
    };
    made.reports.set(id, { bytes: 9, blocked: 9, places: [elsewhere, leak] });
    made.end();
    await performed;
    expect(made.blocked).toEqual([
      "elsewhere.example.com:443: it is not listed",
      expect.stringMatching(/^\[redacted\]\.example\.com:80: two lines x{100,}…$/),
    ]);
  });

  test("counts over both tries of a step that is started again, and once where the outlet was kept", async () => {
    const counted = async (kept: boolean) => {
      const made = runBesideNetwork();
      const record = writtenDown(made);
      record.network = { egress: "listed", bytes: 1, blocked: 2, places: [elsewhere] };
      if (kept) made.placed.add(made.outlet("agent-1"));
      const way = await followOutlet(made.shared, made.run, made.ground, record);
      made.tell(made.outlet("agent-1"), { bytes: 10, blocked: 20, places: [elsewhere, other] });
      await way?.close();
      return record.network;
    };
    expect(await counted(false)).toEqual({ egress: "listed", bytes: 11, blocked: 22, places: [elsewhere, other] });
    expect(await counted(true)).toEqual({ egress: "listed", bytes: 10, blocked: 20, places: [elsewhere, other] });
  });

  test("is told of all steps together, each place once and few of them, by the wider of their rules", () => {
    const made = runBesideNetwork();
    const places = Array.from({ length: 9 }, (_, port) => ({ ...elsewhere, port }));
    writtenDown(made).network = { egress: "listed", bytes: 1, blocked: 2, places: [elsewhere, other] };
    expect(networkUse(made.folder)?.egress).toBe("listed");
    writtenDown(made, "verify-1").network = { egress: "open", bytes: 1, blocked: 9, places: [elsewhere, ...places] };
    expect(networkUse(made.folder)).toEqual({
      egress: "open",
      blocked: 11,
      places: [elsewhere, other, ...places.slice(0, 6)],
    });
  });
});

test("the outlets of all steps of a run are closed with it", async () => {
  const made = runBesideNetwork();
  for (const name of ["agent-1", "verify-1"]) writtenDown(made, name);
  await closeOutlets(made.shared, made.folder);
  expect(made.did).toEqual(["agent-1", "verify-1"].map((name) => `close ${made.outlet(name)}`));
});

test("the outlet of a step that was held is closed with its run, also when the run ended before the step was written down", async () => {
  const made = runBesideNetwork();
  await holdAgent(made.shared, made.run, made.ground, undefined);
  expect(made.placed).toEqual(new Set([made.outlet("agent-1")]));
  await closeOutlets(made.shared, made.folder);
  expect(made.placed).toEqual(new Set());
});

test("after a restart of the host every outlet is closed but those of the steps of runs that go on", async () => {
  const made = runBesideNetwork();
  for (const name of ["agent-1", "verify-1"]) writtenDown(made, name);
  const record = { ...made.folder.record, epoch: 2, steps: [writtenDown(made, "agent-2")] };
  made.folder.record.steps.pop();
  const later = createRunFolder(join(made.dir, "runs"), record);
  await closeOtherOutlets(made.shared, [made.folder, later]);
  const { id } = made.run.task.spec;
  expect(made.kept).toEqual([new Set([`${id}-1-agent-1`, `${id}-1-verify-1`, `${id}-2-agent-2`])]);
});
