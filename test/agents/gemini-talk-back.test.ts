/**
 * Gemini CLI talks back, through all of Orch: it says how far it is, asks a person and is answered, hears what people tell it, and hands in
 * what it has made. Its worker host is killed in the middle of that and started again.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keys } from "../../src/task/keys.ts";
import { openQuestions } from "../../src/task/question.ts";
import { progressOf } from "../../src/task/task.ts";
import { type Orch, type Place, startOrch } from "../support/orch.ts";
import { geminiAt, geminiEnv, type PlacedGemini, placeGemini } from "./gemini-agent.ts";
import { type HaltingModel, type Model, type Seen, startHaltingModel, startModel, type Turn } from "./model.ts";

const repaired = "export const add = (a, b) => a + b;\n";
const QUESTION = "Which sign adds two numbers in this team?";
const OPTIONS = ["the asterisk", "the plus sign"];

const writes: Turn = { calls: "write_file", with: { file_path: "add.js", content: repaired } };
const hands: Turn = {
  calls: "mcp_orch_finish",
  with: {
    title: "Add by the plus sign",
    summary: "Sums were products. The team's sign is used now.",
    decisions: ["The plus sign, as a person said"],
    interfaces: [],
    followUps: ["Look at subtraction"],
  },
};

/** Asks once, waits once, and works when it knows the sign: by a call's result, or by what it is asked when it is called again. */
function asking({ called, last }: Seen): Turn {
  if (!called.includes("mcp_orch_progress"))
    return { calls: "mcp_orch_progress", with: { text: "I have found the function." } };
  if (!called.includes("mcp_orch_ask"))
    return { calls: "mcp_orch_ask", with: { question: QUESTION, options: OPTIONS } };
  if (!called.includes("write_file")) {
    const [, pending] = /Pending: nobody has answered question (\S+) yet/.exec(last) ?? [];
    if (pending && !called.includes("mcp_orch_wait")) return { calls: "mcp_orch_wait", with: { questionId: pending } };
    return last.includes("plus sign") ? writes : { says: "I wait for the answer." };
  }
  return called.includes("mcp_orch_finish") ? { says: "Done: it adds now." } : hands;
}

/** Works when it has been told the sign, has that put aside, and looks whether there is more. */
function listening({ called, last }: Seen): Turn {
  const rest: Turn[] = [{ calls: "mcp_orch_checkpoint", with: { summary: "It adds." } }, { calls: "mcp_orch_inbox" }];
  if (called.length === 0) return { calls: "mcp_orch_progress", with: { text: "I am reading." } };
  if (called.length === 1) return last.includes("plus sign") ? writes : { says: "Nobody has told me." };
  return rest[called.length - 2] ?? { says: `Done: it adds now. ${last}` };
}

describe("Gemini CLI talks back", () => {
  let program: PlacedGemini;
  let asks: Model;
  let waits: Model;
  let listens: HaltingModel;
  let orch: Orch;
  beforeAll(async () => {
    program = placeGemini();
    asks = await startModel({ turn: asking });
    waits = await startModel({ turn: asking });
    listens = await startHaltingModel("before its answer", { turn: listening });
    const at = ({ url }: { url: string }) => geminiAt(url, program.section);
    orch = await startOrch({
      agents: { asks: at(asks), waits: at(waits), listens: at(listens) },
      hostEnv: geminiEnv(asks.url),
      verify: { egress: "listed" },
    });
  });
  afterAll(async () => {
    await orch?.close();
    for (const model of [asks, waits, listens]) await model?.stop();
    program?.remove();
  });

  async function ask(agent: string) {
    const place = await orch.place({ agent, verify: "node --test" });
    const { taskId } = await orch.command("/orch fix the failing tests", place);
    return { place, taskId };
  }
  /** A person answers, and it is in the record. */
  async function answer(place: Place, taskId: string): Promise<void> {
    await orch.command("/orch answer 2", place);
    await orch.task(taskId, ({ questions = [] }) => questions.some((question) => question.answer));
  }
  const pullOf = ({ repository }: Place) => orch.simulator.state.pulls(repository)[0];

  it("asks and hears the answer in the same call, though its host was killed in the middle of it", async () => {
    const { place, taskId } = await ask("asks");
    await orch.task(taskId, (task) => openQuestions(task).length > 0);
    await orch.host.kill();
    await answer(place, taskId);
    await orch.host.start();

    expect(await orch.told(taskId), orch.host.log().slice(-3_000)).toMatchObject({ kind: "pull_request" });
    const task = await orch.store.read(taskId);
    expect(task?.questions).toMatchObject([{ text: QUESTION, answer: { text: OPTIONS[1] } }]);
    // One run, whose model was asked once for each thing that it did: nothing was called again, and nobody had to wait.
    expect(task?.runs).toHaveLength(1);
    expect(asks.requests()).toBe(5);
    const progress = task && progressOf(task);
    expect(progress?.said).toBe("I have found the function.");
    expect(progress?.lastLines).toContain(`▸ asks: ${QUESTION}`);
    expect(progress?.lastLines).toContain("▸ hands in: Add by the plus sign");
    const pull = pullOf(place);
    expect(orch.simulator.state.fileAt(place.repository, pull?.pull.headRef ?? "", "add.js")).toBe(repaired);
    expect(pull?.title).toBe("Add by the plus sign");
    expect(pull?.body).toContain("Sums were products. The team's sign is used now.");
  });

  it("ends its turn while nobody answers, and goes on in its session when somebody does, on a host that was killed meanwhile", async () => {
    const { place, taskId } = await ask("waits");
    await orch.task(taskId, ({ state }) => state.name === "waiting");
    expect(waits.requests()).toBe(4);
    await orch.host.kill();
    await answer(place, taskId);
    await orch.host.start();

    expect(await orch.told(taskId), orch.host.log().slice(-3_000)).toMatchObject({ kind: "pull_request" });
    const task = await orch.store.read(taskId);
    expect(task?.runs).toMatchObject([{ end: "parked" }, { end: "pull_request" }]);
    expect(task?.runs[1]?.progress?.sessionId).toBe(task?.runs[0]?.progress?.sessionId);
    expect(waits.heard()).toContain("answers:");
    expect(waits.requests()).toBe(7);
    expect(pullOf(place)?.title).toBe("Add by the plus sign");
  });

  it("hears what a person tells it with the result of its next call", async () => {
    const { place, taskId } = await ask("listens");
    await listens.halted;
    const { commentId } = await orch.command("/orch tell We use the plus sign here.", place);
    const reaction = (wanted: string) =>
      orch.simulator.waitFor(() =>
        orch.simulator.state.reactions(place.repository, commentId).every(({ content }) => content === wanted),
      );
    await expect.poll(() => orch.redis.exists(keys.messages(taskId)), { timeout: 20_000 }).toBe(1);
    listens.goOn();
    expect(await orch.told(taskId), listens.heard().slice(-3_000)).toMatchObject({ kind: "pull_request" });
    expect(listens.heard()).toContain("We use the plus sign here.");
    await reaction("rocket");
    // In the turn in which it was said, and once.
    expect(listens.requests()).toBe(5);
    expect(listens.heard()).toContain("Nobody has said anything new to you.");
    expect((await orch.progress(taskId)).lastLines).toContain(
      "▸ puts its work aside: It adds.\n▸ looks for messages\n",
    );
  });
});
