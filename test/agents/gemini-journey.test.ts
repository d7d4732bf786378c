/**
 * Gemini CLI through all of Orch: a comment, the bot, a worker host, its tmux session, its sandbox, and the story on
 * GitHub. One host knows the program three times: with a model that does it right, with one that needs a second try, and
 * with a service that refuses every key.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { progressOf } from "../../src/task/task.ts";
import { type Orch, startOrch } from "../support/orch.ts";
import { geminiAt, geminiEnv, type PlacedGemini, placeGemini } from "./gemini-agent.ts";
import { type Model, startModel, turnUsage } from "./model.ts";

const wrong = "export const add = (a, b) => a * b;\n";
const repaired = "export const add = (a, b) => a + b;\n";
const toAdd = (content: string) => ({ path: "add.js", content });

describe("a maintainer's /orch fix the failing tests, with Gemini CLI as the agent", () => {
  let program: PlacedGemini;
  let model: Model;
  let hasty: Model;
  let refusing: Model;
  let orch: Orch;
  beforeAll(async () => {
    program = placeGemini();
    model = await startModel({ edits: [toAdd(repaired)] });
    hasty = await startModel({ edits: [wrong, repaired].map(toAdd), oneEditPerPrompt: true });
    refusing = await startModel({ failWith: 401 });
    const { section } = program;
    const at = ({ url }: Model) => geminiAt(url, section);
    orch = await startOrch({
      agents: { gemini: at(model), hasty: at(hasty), refused: at(refusing) },
      hostEnv: geminiEnv(model.url),
      verify: { egress: "listed" },
    });
  });
  afterAll(async () => {
    await orch?.close();
    await model?.stop();
    await hasty?.stop();
    await refusing?.stop();
    program?.remove();
  });

  it("becomes a draft pull request with green tests, and the progress comment says what it used", async () => {
    const place = await orch.place({ agent: "gemini", verify: "node --test" });
    const { taskId } = await orch.command("/orch fix the failing tests", place);
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });

    const turns = 2; // writes the file, then says that it is done
    expect(model.requests()).toBe(turns);
    const [pull] = orch.simulator.state.pulls(place.repository);
    expect(pull).toMatchObject({ state: "open", pull: { draft: true } });
    expect(orch.simulator.state.fileAt(place.repository, pull?.pull.headRef ?? "", "add.js")).toBe(repaired);

    const comment = await orch.progressComment(new RegExp(`#${pull?.number}`), place);
    expect(comment).toMatch(/Agent: `gemini`, model `gemini-2.5-pro`, sandbox `bwrap`/);
    expect(comment).toMatch(/Network: listed hosts only \(egress `listed`\)$/m);
    expect(comment).toMatch(/node --test.*passed/);
    const [input, out] = [turns * turnUsage.input, turns * turnUsage.output].map((each) => each.toLocaleString("en"));
    expect(comment).toContain(`Usage: ${input} tokens in, ${out} tokens out`);
    // What it says at its end is the summary of its pull request.
    expect(pull?.body).toContain("the tests should pass now");
  });

  it("goes on in the same conversation when the repository's check fails, and its second try is published", async () => {
    const place = await orch.place({ agent: "hasty", verify: "node --test" });
    const { taskId } = await orch.command("/orch fix the failing tests", place);
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });

    // The model counts what the conversation holds: without it, it would write the wrong file once more.
    expect(hasty.requests()).toBe(4);
    const task = await orch.store.read(taskId);
    expect(task && progressOf(task)).toMatchObject({
      verification: { exitCode: 0, rounds: 2 },
      inputTokens: 4 * turnUsage.input,
      outputTokens: 4 * turnUsage.output,
    });
    const [pull] = orch.simulator.state.pulls(place.repository);
    expect(orch.simulator.state.fileAt(place.repository, pull?.pull.headRef ?? "", "add.js")).toBe(repaired);
  });

  it("whose key the model's service refuses: the comment says so, who can repair it, and that nothing was published", async () => {
    const place = await orch.place({ agent: "refused", verify: "node --test" });
    const { taskId } = await orch.command("/orch fix the failing tests", place);
    expect(await orch.told(taskId)).toMatchObject({ kind: "agent_failed", reason: "auth", exitCode: 145 });

    expect(refusing.requests()).toBeGreaterThan(0);
    const comment = await orch.progressComment(/could not sign in to its model provider/, place);
    expect(comment).toMatch(/operator of the worker host has to fix the agent's set-up or its key/);
    expect(comment).toContain("Nothing was published.");
    expect(comment).toMatch(/\*\*Next:\*\* .*comment `\/orch retry t[a-z2-7]{7}`/);
    expect(orch.simulator.state.pulls(place.repository)).toEqual([]);
    expect(Object.keys(orch.simulator.state.branches(place.repository))).toEqual(["main"]);
  });
});
