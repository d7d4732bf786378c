import { describe, expect, test } from "vitest";
import { parseOperatorFile } from "../../../workers/operator-file.ts";
import { offersOf } from "../../../workers/roles/offers.ts";

const agents = `agents:
  claude: { kind: claude, command: [claude] }
  fixer: { kind: plain, command: [fixer] }
defaultAgent: claude
`;
const rolesIn = (text = "") => parseOperatorFile(`${agents}${text}`, "orch.yml").roles;

describe("the roles of a worker host", () => {
  test("are there without a word in its file, and those that judge change nothing", () => {
    const roles = rolesIn();
    expect([...roles.keys()]).toEqual([
      ...["planner", "manager", "developer", "backend", "frontend", "reviewer", "tester"],
    ]);
    const writing = [...roles.values()].filter(({ writes }) => writes).map(({ name }) => name);
    expect(writing).toEqual(["developer", "backend", "frontend", "tester"]);
    expect([...roles.values()].filter(({ delegates }) => delegates).map(({ name }) => name)).toEqual(["manager"]);
    for (const { prompt } of roles.values()) expect(prompt.length).toBeGreaterThan(200);
  });

  test("are changed key by key; what is not named stays as it is shipped", () => {
    const shipped = rolesIn().get("reviewer");
    const changed = rolesIn("roles: { reviewer: { agent: claude, model: haiku, totalMinutes: 20, budget: $1 } }");
    expect(changed.get("reviewer")).toEqual({
      ...shipped,
      ...{ agent: "claude", model: "haiku", totalMinutes: 20, budget: { usd: 1 } },
    });
  });

  test("can be added, and write unless the file says otherwise", () => {
    const roles = rolesIn(
      "roles: { docs: { prompt: Write for whoever is new. }, auditor: { prompt: Look., rights: read-only } }",
    );
    expect(roles.get("docs")).toMatchObject({ writes: true, delegates: false, prompt: "Write for whoever is new." });
    expect(roles.get("auditor")).toMatchObject({ writes: false });
  });

  test("can be switched off", () => {
    expect(rolesIn("roles: { tester: off, frontend: false }").has("tester")).toBe(false);
    expect(rolesIn("roles: { tester: off, frontend: false }").has("frontend")).toBe(false);
  });

  test("are told to the bots by name, agent and model, and nothing else", () => {
    const offers = offersOf(rolesIn("roles: { reviewer: { agent: claude, model: haiku }, tester: off }"));
    expect(offers.reviewer).toEqual({ agent: "claude", model: "haiku" });
    expect(offers.developer).toEqual({});
    expect(Object.keys(offers)).not.toContain("tester");
  });

  test.each([
    ["a new role without a prompt", "docs: { rights: read-only }", /roles\.docs: a role of your own needs a prompt/],
    ["an agent that there is not", "tester: { agent: codex }", /roles\.tester: agent must be one of/],
    ["a model for an agent that takes none", "tester: { agent: fixer, model: opus }", /cannot be told a model/],
    ["a reviewer that writes", "reviewer: { rights: writes }", /roles\.reviewer: this role only reads/],
    ["a manager that writes", "manager: { rights: writes }", /roles\.manager: this role only reads/],
    ["one that writes and delegates", "tester: { delegates: true }", /who delegates only reads/],
    ["a role to switch off that there is not", "wizard: off", /there is no such role to switch off/],
    ["a mistyped key", "tester: { promt: x }", /promt/],
    ["a name with capitals", "Tester: { prompt: x }", /a role's name is/],
    ["a budget that is none", "tester: { budget: much }", /is no amount/],
  ])("%s is an error with its place", (_, section, message) => {
    expect(() => rolesIn(`roles: { ${section} }`)).toThrow(message);
  });
});
