/**
 * Gemini CLI and its sandbox's way out, through all of Orch: the program asks the proxy by itself, the operator's list
 * holds for it, and neither a worker host nor a proxy that is killed in the middle of a model's answer costs a run.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Orch, startOrch } from "../support/orch.ts";
import { geminiAt, geminiEnv, type PlacedGemini, placeGemini } from "./gemini-agent.ts";
import { type HaltingModel, type Model, startHaltingModel, startModel } from "./model.ts";

/** Of loopback, but not what programs take for themselves: for this one they ask the proxy, as they do for any host. */
const host = "127.0.0.2";
const repaired = "export const add = (a, b) => a + b;\n";
const edits = [{ path: "add.js", content: repaired }];
/** Writes the file, then says that it is done. */
const turns = 2;

let program: PlacedGemini;
beforeAll(() => {
  program = placeGemini();
});
afterAll(() => program?.remove());

/** A command in a repository of its own, answered by the agent of this name. */
async function ask(orch: Orch, agent: string) {
  const place = await orch.place({ agent, verify: "node --test" });
  const { taskId } = await orch.command("/orch fix the failing tests", place);
  const published = async () => {
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    const [pull] = orch.simulator.state.pulls(place.repository);
    return orch.simulator.state.fileAt(place.repository, pull?.pull.headRef ?? "", "add.js");
  };
  return { taskId, place, published };
}

describe("Gemini CLI, whose model is listed for it and nothing else", () => {
  let model: Model;
  let slow: HaltingModel;
  let late: HaltingModel;
  let broken: HaltingModel;
  let orch: Orch;
  beforeAll(async () => {
    model = await startModel({ edits, host });
    slow = await startHaltingModel("in its answer", { edits, host });
    late = await startHaltingModel("before its answer", { edits, host });
    broken = await startHaltingModel("in its answer", { edits, host });
    const models = { gemini: model, slow, late, broken };
    const agents = Object.entries(models).map(([name, { url }]) => [name, geminiAt(url, program.section)] as const);
    orch = await startOrch({
      agents: Object.fromEntries(agents),
      hostEnv: geminiEnv(model.url),
      verify: { egress: "listed" },
    });
  });
  afterAll(async () => {
    await orch?.close();
    for (const each of [model, slow, late, broken]) await each?.stop();
  });

  const proxyPid = () => Number(readFileSync(join(orch.dir, "data/host/network/pid"), "utf8").split(" ")[0]);

  /** Resolves when the program has shown the beginning of an answer and waits for the rest. */
  async function inTheMiddle(taskId: string, { halted }: HaltingModel): Promise<void> {
    await halted;
    await expect.poll(() => orch.agentOutput(taskId), { timeout: 60_000 }).toContain("I will write add.js.");
  }

  /** Resolves when the model has noticed. */
  async function killProxy(before: HaltingModel): Promise<void> {
    process.kill(proxyPid(), "SIGKILL");
    await expect.poll(before.cut, { timeout: 30_000 }).toBe(1);
    before.goOn();
  }

  it("gets to its model by the proxy, and to a pull request", async () => {
    const { place, published } = await ask(orch, "gemini");
    expect(await published()).toBe(repaired);
    expect(model.requests()).toBe(turns);
    const comment = await orch.progressComment(/Network:/, place);
    expect(comment).toMatch(/Network: listed hosts only \(egress `listed`\)$/m);
  });

  it("hears its model out while the worker host is killed and started again", async () => {
    const { taskId, published } = await ask(orch, "slow");
    await inTheMiddle(taskId, slow);
    const proxy = proxyPid();
    await orch.host.kill();
    await orch.host.start();
    await orch.host.logged(/"step":"agent-1"|run ended/);
    slow.goOn();

    expect(await published()).toBe(repaired);
    expect(proxyPid()).toBe(proxy);
    expect(slow.cut()).toBe(0);
    expect(slow.requests()).toBe(turns);
  });

  it("asks its model again when the proxy is killed before an answer has begun", async () => {
    const { published } = await ask(orch, "late");
    await late.halted;
    const proxy = proxyPid();
    await killProxy(late);

    expect(await published()).toBe(repaired);
    expect(proxyPid()).not.toBe(proxy);
    expect(late.requests()).toBe(turns + 1);
  });

  it("gives up when the proxy is killed in the middle of an answer: a broken connection, to be tried once more", async () => {
    const { taskId, place } = await ask(orch, "broken");
    await inTheMiddle(taskId, broken);
    await killProxy(broken);

    expect(await orch.told(taskId)).toMatchObject({ kind: "agent_failed", reason: "unreachable", exitCode: 1 });
    const comment = await orch.progressComment(/API Error: terminated/, place);
    expect(comment).toMatch(/\*\*Next:\*\* .*comment `\/orch retry t[a-z2-7]{7}`/);
    expect(orch.simulator.state.pulls(place.repository)).toEqual([]);

    const again = await ask(orch, "broken");
    expect(await again.published()).toBe(repaired);
  });
});

describe("Gemini CLI, whose model the operator forgot to list", () => {
  let model: Model;
  let orch: Orch;
  beforeAll(async () => {
    model = await startModel({ edits, host });
    const agents = { gemini: geminiAt(model.url, program.section, []) };
    // It tries again for minutes without a word, so that its silence is what ends it.
    orch = await startOrch({ agents, hostEnv: geminiEnv(model.url), limits: { silenceMinutes: 0.1 } });
  });
  afterAll(async () => {
    await orch?.close();
    await model?.stop();
  });

  it("ends without a word to its model, and the comment says what to list rather than that it was silent", async () => {
    const { taskId, place } = await ask(orch, "gemini");
    expect(await orch.told(taskId)).toMatchObject({ kind: "agent_failed", reason: "config" });

    expect(model.requests()).toBe(0);
    const comment = await orch.progressComment(/blocked/, place);
    expect(comment).toContain(`\`${new URL(model.url).host}\`: it is a loopback address`);
    expect(comment).toContain("GOOGLE\\_GEMINI\\_BASE\\_URL names");
    expect(comment).toContain("The operator of the worker host has to fix the agent's set-up");
    expect(orch.simulator.state.pulls(place.repository)).toEqual([]);
  });
});
