/** An operator gives an agent an MCP server: it is started beside Orch's own, in the agent's sandbox, with what it needs and no more. */
import { chmodSync, copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Orch, startOrch } from "../support/orch.ts";
import { type PlacedNotes, placeNotes } from "../support/placed-notes.ts";

const SECRET = "notes-key-that-nobody-may-read";

let notes: PlacedNotes;
let orch: Orch;
beforeAll(async () => {
  notes = placeNotes({ "greeting.md": "Good morning." });
  const [node = ""] = notes.section.command;
  // Beside the server's program only for want of another folder: the agent's own definition shows it nothing.
  const [dir = ""] = notes.section.readable;
  const program = join(dir, "starts-servers.mjs");
  copyFileSync(fileURLToPath(new URL("../fixtures/starts-servers.mjs", import.meta.url)), program);
  chmodSync(program, 0o644);
  const gemini = { kind: "gemini" as const, command: [node, program], env: {}, passEnv: [], readable: [] };
  orch = await startOrch({
    agents: { gemini: { ...gemini, mcp: { notes: notes.section } } },
    hostEnv: { NOTES_API_KEY: SECRET },
  });
});
afterAll(async () => {
  await orch?.close();
  notes?.remove();
});

test("its tools answer the agent, its calls read as what they are, and its secret is nobody else's", async () => {
  const [dir = ""] = notes.section.readable;
  const place = await orch.place({ agent: "gemini", verify: `test ! -e ${dir}` });
  const { taskId } = await orch.command("/orch ask the servers", place);
  // The check sees nothing of what the server was shown.
  expect(await orch.told(taskId), await orch.agentOutput(taskId)).toMatchObject({ kind: "pull_request" });

  const [pull] = orch.simulator.state.pulls(place.repository);
  const told = orch.simulator.state.fileAt(place.repository, pull?.pull.headRef ?? "", "told.txt")?.split("\n") ?? [];
  expect(told[0]).toMatch(/^orch: /);
  expect(told.slice(1)).toEqual(["notes: Good morning.", "allowed: orch,notes", "a secret of a server's: none", ""]);
  const progress = await orch.progress(taskId);
  expect(progress.said).toBe("I have servers.");
  expect(progress.lastLines).toContain("▸ says: I have servers.\n▸ notes: read_note name: greeting.md\n");
  expect(progress.lastLines).toContain("The key of notes is [redacted].");
  expect(JSON.stringify([orch.botComments(place), pull, await orch.store.read(taskId)])).not.toContain(SECRET);
});
