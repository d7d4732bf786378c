/**
 * Gemini CLI, the real program, and Claude Code as its recorded stream has it, as two members of one team, through all of Orch: each says
 * something to the other by Orch's own tools, hears that, and hands in its part. What the second one does besides its stream is a script's.
 */
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Orch, startOrch, type WrittenAgent } from "../support/orch.ts";
import { startPlanAtWork } from "../support/plan-at-work.ts";
import { geminiAt, geminiEnv, type PlacedGemini, placeGemini } from "./gemini-agent.ts";
import { type HaltingModel, type Seen, startHaltingModel, type Turn, turnUsage } from "./model.ts";

const STREAM = fileURLToPath(new URL("../fixtures/agent-streams/claude/success.jsonl", import.meta.url));
const [WORD, RULE] = ["The word is tabs", "Lines end with LF"];
/** What the recorded stream says that it used. */
const RECORDED = { tokens: 2_400, costUsd: 0.00822 };

/** Begins as the stream does, says its rule, waits for the word, writes it down, and ends as the stream does. */
const replays = (dir: string) => `#!/bin/sh
cat >/dev/null
head -n 1 ${dir}/stream.jsonl
orch-agent message "${RULE}" --to one --kind note >/dev/null || exit 1
until heard=$(orch-agent inbox) && printf %s "$heard" | grep -q "^${WORD}"; do sleep 0.5; done
printf %s "$heard" | grep "^${WORD}" >two.txt
git add two.txt && git commit -qm "Write two.txt" || exit 1
orch-agent finish --title "Write two.txt" --summary "It says what one has said." >/dev/null || exit 1
tail -n +2 ${dir}/stream.jsonl
`;

function placeRecorded(): { section: WrittenAgent; remove(): void } {
  const dir = mkdtempSync(join(tmpdir(), "orch-recorded-claude-"));
  chmodSync(dir, 0o755);
  copyFileSync(STREAM, join(dir, "stream.jsonl"));
  chmodSync(join(dir, "stream.jsonl"), 0o644);
  writeFileSync(join(dir, "claude"), replays(dir), { mode: 0o755 });
  const section = { kind: "claude" as const, command: [join(dir, "claude")], env: {}, passEnv: [], readable: [dir] };
  return { section, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** Says its word, writes down the rule that the answer of that call brings along, and hands in what it has made. */
function saysAndWrites({ called, last }: Seen): Turn {
  if (!called.includes("mcp_orch_message"))
    return { calls: "mcp_orch_message", with: { to: "two", kind: "handoff", text: WORD } };
  if (!called.includes("write_file")) {
    const heard = last.includes(RULE) ? RULE : "nothing";
    return { calls: "write_file", with: { file_path: "one.txt", content: `${heard}\n` } };
  }
  if (called.includes("mcp_orch_finish")) return { says: "Done." };
  const hands = { title: "Write one.txt", summary: "It says what two has said." };
  return { calls: "mcp_orch_finish", with: { ...hands, decisions: [], interfaces: [], followUps: [] } };
}

let program: PlacedGemini;
let recorded: ReturnType<typeof placeRecorded>;
let model: HaltingModel;
let orch: Orch;
beforeAll(async () => {
  program = placeGemini();
  recorded = placeRecorded();
  model = await startHaltingModel("before its answer", { turn: saysAndWrites });
  orch = await startOrch({
    agent: "gemini",
    agents: { gemini: geminiAt(model.url, program.section), claude: recorded.section },
    roles: { backend: { agent: "gemini" }, frontend: { agent: "claude" } },
    repositoryFile: "verify: test -s one.txt || test -s two.txt\n",
    hostEnv: geminiEnv(model.url),
    verify: { egress: "listed" },
  });
});
afterAll(async () => {
  await orch?.close();
  await model?.stop();
  program?.remove();
  recorded?.remove();
});

it("Gemini CLI and Claude Code's recorded stream talk to each other, and make one pull request", async () => {
  const node = (id: string, role: string) => ({ id, role, scope: [`${id}.txt`], shared: false as const });
  const nodes = [node("one", "backend"), node("two", "frontend")];
  const team = await startPlanAtWork(orch, nodes, { manager: "gemini" });
  await model.halted;
  const said = async () => (await orch.store.messages.sent(team.plan)).map(({ by, to, fate }) => [by, to, fate]);
  await expect.poll(said, { timeout: 60_000 }).toEqual([["two", "one", undefined]]);
  model.goOn();

  expect(await orch.told(team.plan), orch.host.log().slice(-3_000)).toMatchObject({ kind: "pull_request" });
  expect(await said()).toEqual([
    ["two", "one", "delivered"],
    ["one", "two", "delivered"],
  ]);
  const [pull] = orch.simulator.state.pulls(orch.repository);
  const fileAt = (path: string) => orch.simulator.state.fileAt(orch.repository, pull?.pull.headRef ?? "", path);
  expect([fileAt("one.txt"), fileAt("two.txt")]).toEqual([`${RULE}\n`, `${WORD}\n`]);
  const [one, two] = await orch.store.readMany(["one", "two"].map((id) => team.task(id)));
  expect(one?.runs).toMatchObject([{ progress: { agent: "gemini", inputTokens: 4 * turnUsage.input } }]);
  expect(two?.runs).toMatchObject([
    { progress: { agent: "claude", inputTokens: RECORDED.tokens, costUsd: RECORDED.costUsd } },
  ]);
  // Its model was asked once for each thing that it did.
  expect(model.requests()).toBe(4);
});
