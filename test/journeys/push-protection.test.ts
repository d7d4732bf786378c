/** GitHub finds a secret in what is pushed: whoever asked hears where, and at which address GitHub can be told to let it pass. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Orch, startOrch } from "../support/orch.ts";

let orch: Orch;
beforeAll(async () => {
  orch = await startOrch({ agent: "fixes" });
});
afterAll(() => orch.close());

test("the comment names the file and the address to follow, and once GitHub lets it pass, /orch retry publishes the same work", async () => {
  const place = await orch.place();
  const { repository } = place;
  // What the agent writes is what GitHub takes for a secret.
  orch.simulator.setRules(repository, { secrets: "a [+] b" });
  const first = await orch.command("/orch fix the failing tests", place);
  expect(await orch.told(first.taskId)).toMatchObject({ kind: "refused" });
  const comment = await orch.progressComment(/publishes it without running the agent again/, place);
  // An address is shown as code whose marks are entities, so that what is copied from the page works.
  const shown = comment.replaceAll("&sol;", "/").replaceAll("&colon;", ":");
  const page = `${orch.simulator.url}/${repository.fullName}`;
  expect(shown).toMatch(new RegExp(`${page}/security/secret-scanning/unblock-secret/[0-9a-f]{20,}`));
  expect(shown).toContain("GitHub Personal Access Token in add.js");

  orch.simulator.setRules(repository, { secrets: undefined });
  const second = await orch.command("/orch retry", place);
  expect(await orch.told(second.taskId)).toMatchObject({ kind: "pull_request" });
  expect(await orch.agentOutput(second.taskId)).toBe("");
});
