import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { inPlainWords } from "../../../src/settings/plain-words.ts";
import { agentDefinitions, agentsSchema } from "../../../workers/agents/definitions.ts";
import { agentProblems, dataProblems, exposures, ownPlaces } from "../../../workers/agents/readiness.ts";

/** All problems of one definition, in one text. */
function problems(written: object, name = "mine"): string {
  const section = { [name]: { kind: "plain", command: ["run"], ...written } };
  const parsed = agentsSchema.safeParse(section, { error: inPlainWords });
  return parsed.success
    ? ""
    : parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("\n");
}

describe("the agents of the operator's file", () => {
  it("become definitions, with everything that was left out empty", () => {
    const parsed = agentsSchema.parse({
      mine: { kind: "plain", command: ["/opt/mine", "--fast"] },
      gem: {
        kind: "gemini",
        command: ["gemini"],
        model: "gemini-2.5-pro",
        passEnv: ["GEMINI_API_KEY"],
        readable: ["/opt/gem"],
      },
    });
    const definitions = agentDefinitions(parsed);
    expect([...definitions.keys()]).toEqual(["mine", "gem"]);
    expect(definitions.get("mine")).toEqual({
      name: "mine",
      kind: "plain",
      command: ["/opt/mine", "--fast"],
      env: {},
      passEnv: [],
      readable: [],
    });
    expect(definitions.get("gem")).toMatchObject({ kind: "gemini", model: "gemini-2.5-pro", readable: ["/opt/gem"] });
  });

  it("say what they may reach beside their model", () => {
    const written = { kind: "plain", command: ["x"], egress: "listed", allow: ["example.com:8443", "10.0.0.7:80"] };
    expect(agentDefinitions(agentsSchema.parse({ mine: written })).get("mine")).toMatchObject({
      egress: "listed",
      allow: {
        hosts: [
          { name: "example.com", ports: [8443] },
          { name: "10.0.0.7", ports: [80] },
        ],
        private: [{ address: "10.0.0.7", port: 80 }],
      },
    });
  });

  it.each(["..", ".", "../x", "./x", "a/../b", "/home/x", "a/", "a//b", "", "a\0b", "x".repeat(256)])(
    "keep no sessions at %j",
    (path) => {
      expect(problems({ kind: "jsonl", sessionPaths: [path] })).toContain("sessionPaths.0");
    },
  );

  it("keep their sessions at paths below their home, twenty at most", () => {
    expect(problems({ kind: "jsonl", sessionPaths: [".own", ".config/own/..data", "..own"] })).toBe("");
    expect(problems({ kind: "jsonl", sessionPaths: Array(21).fill("a") })).toContain("sessionPaths");
  });

  it.each([
    ["an unknown key", { comand: ["x"] }, "comand"],
    ["an unknown kind", { kind: "magic" }, "kind"],
    ["a command as one text", { command: "run it" }, "command"],
    ["an empty command", { command: [] }, "command"],
    ["a program out of the repository", { command: ["./agent.sh"] }, "out of the repository"],
    ["a NUL in an argument", { command: ["x", "a\0b"] }, "NUL"],
    ["a model that nobody would read", { model: "m" }, "put the model into the command"],
    ["a secret by its name", { env: { MY_API_KEY: "abc" } }, "no place for one"],
    ["a secret by its value", { env: { SETTING: `ghp_${"0123456789".repeat(4)}` } }, "no place for one"],
    ["Orch's own secret, passed", { passEnv: ["WORKER_SECRET"] }, "withheld"],
    ["Orch's own secret, renamed", { env: { X: "$PRIVATE_KEY" } }, "withheld"],
    ["a GitHub credential", { passEnv: ["GH_TOKEN"] }, "withheld"],
    ["a name that is none", { passEnv: ["A B"] }, "not a name"],
    ["the whole file system", { readable: ["/"] }, "absolute path"],
    ["what the sandbox makes itself", { readable: ["/opt/x", "/etc"] }, "/etc is the sandbox's own"],
    ["the folder of sockets", { readable: ["/run"] }, "/run is the sandbox's own"],
    ["the place of the workspace", { readable: ["/workspace"] }, "where the sandbox shows the task's own folder"],
    ["something in the workspace", { readable: ["/workspace/tree/bin"] }, "must lie elsewhere"],
    ["where a program of another kind keeps its sessions", { sessionPaths: [".x"] }, "only for kind jsonl"],
    ["a variable for the loader", { env: { LD_LIBRARY_PATH: "/opt/lib" } }, "inside the agent's command"],
    ["one that is passed on", { passEnv: ["LD_PRELOAD"] }, "inside the agent's command"],
    ["other processes", { readable: ["/proc/1"] }, "absolute path"],
    ["a way around", { readable: ["/opt/../etc"] }, "absolute path"],
    ["a relative path", { readable: ["opt"] }, "absolute path"],
    ["an egress that there is not", { egress: "closed" }, "egress"],
    ["a URL to reach", { allow: ["https://example.com/v1"] }, "Write its host alone: example.com"],
    ["an address without a port", { allow: ["npm", "10.0.0.7"] }, "allow.1: "],
  ])("refuse %s, with a reason", (_, written, words) => {
    expect(problems(written)).toContain(words);
  });

  it("name the MCP servers that their CLI starts, with everything that was left out empty", () => {
    const mcp = {
      serena: { command: ["serena", "start"], env: { MODE: "x" }, readable: ["/opt/serena"] },
      other: { command: ["/opt/o"] },
    };
    const parsed = agentsSchema.parse({ mine: { kind: "claude", command: ["claude"], mcp } });
    expect(agentDefinitions(parsed).get("mine")?.mcp).toEqual({
      serena: { command: ["serena", "start"], env: { MODE: "x" }, passEnv: [], readable: ["/opt/serena"] },
      other: { command: ["/opt/o"], env: {}, passEnv: [], readable: [] },
    });
  });

  it.each([
    ["under the name of Orch's own", { orch: {} }, "choose another one"],
    ["under a name that CLIs could not take apart", { my_docs: {} }, "an MCP server's name is"],
    ["without a command", { docs: { command: [] } }, "mcp.docs.command"],
    ["out of the repository", { docs: { command: ["./server"] } }, "out of the repository"],
    ["with an unknown key", { docs: { url: "https://example.com" } }, "url"],
    ["with a secret", { docs: { env: { DOCS_API_KEY: "abc" } } }, "passEnv: [DOCS_API_KEY]"],
    ["with Orch's own secret", { docs: { env: { X: "$WORKER_SECRET" } } }, "withheld"],
    ["with a GitHub credential", { docs: { passEnv: ["GITHUB_TOKEN"] } }, "withheld"],
    ["with a variable for the loader", { docs: { env: { LD_PRELOAD: "/x" } } }, "inside the agent's command"],
    ["that is shown what the sandbox makes itself", { docs: { readable: ["/run"] } }, "/run is the sandbox's own"],
  ])("have no MCP server %s", (_, servers, words) => {
    const mcp = Object.fromEntries(Object.entries(servers).map(([name, more]) => [name, { command: ["x"], ...more }]));
    expect(problems({ kind: "gemini", mcp })).toContain(words);
  });

  it("have twenty MCP servers at most, and none where the kind starts none", () => {
    const some = (many: number) =>
      Object.fromEntries(Array.from({ length: many }, (_, n) => [`s${n}`, { command: ["x"] }]));
    expect(problems({ kind: "claude", mcp: some(20) })).toBe("");
    expect(problems({ kind: "claude", mcp: some(21) })).toContain("at most 20 MCP servers");
    for (const kind of ["plain", "jsonl"])
      expect(problems({ kind, mcp: some(1) })).toContain(`kind ${kind} is not told of`);
  });

  it.each(["Mine", "1st", "a_b", "a".repeat(33), "", "__proto__"])("refuse the name %j", (name) => {
    expect(
      agentsSchema.safeParse(JSON.parse(`{${JSON.stringify(name)}:{"kind":"plain","command":["x"]}}`)).success,
    ).toBe(false);
  });

  it("are told what a name may be", () => {
    expect(problems({}, "Mine")).toContain("Mine: an agent's name is 1 to 32 of a-z, 0-9 and -");
  });

  it("refuse to be none", () => {
    expect(agentsSchema.safeParse({}).success).toBe(false);
  });

  it("take ordinary settings, and secrets by the name of a host variable", () => {
    expect(problems({ env: { MAX_TOKENS: "100", KEYBOARD: "us", MY_API_KEY: "$TEAM_KEY", OTHER_TOKEN: "" } })).toBe("");
  });

  it("have a JSON schema for editors", () => {
    const schema = JSON.stringify(z.toJSONSchema(agentsSchema, { io: "input" }));
    expect(schema).toContain('"enum":["plain","jsonl","gemini","claude"]');
    expect(schema).toContain("the program and its first arguments");
  });
});

describe("whether an agent is ready", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "orch-ready-"));
    await writeFile(join(folder, "agent"), "#!/bin/sh\n", { mode: 0o755 });
    await writeFile(join(folder, "text"), "no program", { mode: 0o644 });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const agent = {
    name: "a",
    kind: "plain",
    command: ["agent"],
    env: { KEY: "$TEAM_KEY" },
    passEnv: ["MODE"],
    readable: [],
  } as const;
  const definition = { ...agent, command: [...agent.command], passEnv: [...agent.passEnv], readable: [] };

  it("is true when its program is found and its variables are set", async () => {
    expect(await agentProblems(definition, { TEAM_KEY: "1", MODE: "2" }, `/nowhere:${folder}`)).toEqual([]);
    expect(
      await agentProblems({ ...definition, command: [join(folder, "agent")] }, { TEAM_KEY: "1", MODE: "2" }, ""),
    ).toEqual([]);
  });

  it("does not let a readable path show the data folder, from above, from within, or by a link", async () => {
    const data = join(folder, "data");
    await mkdir(join(data, "redis"), { recursive: true });
    await symlink(data, join(folder, "harmless"));
    const shown = (path: string) => exposures([{ ...definition, readable: [path] }], ownPlaces({}, data));
    for (const path of [folder, data, join(data, "redis"), join(folder, "harmless")]) {
      expect(shown(path)).toEqual([expect.stringContaining(`${path} under readable would show the agent`)]);
    }
    for (const path of [join(folder, "agent"), `${data}-of-others`, "/opt"]) expect(shown(path)).toEqual([]);
  });

  it("does not let Orch's data lie where sandboxes show the workspace", () => {
    for (const path of ["/workspace", "/workspace/orch/data"])
      expect(dataProblems(path)).toEqual([expect.stringContaining(`ORCH_DATA: ${path} is where sandboxes show`)]);
    for (const path of ["/workspaces/orch", folder]) expect(dataProblems(path)).toEqual([]);
  });

  it("does not let a readable path show the App's key or the operator's file, where they are", async () => {
    const [key, file] = [join(folder, "keys", "app.pem"), join(folder, "orch.yml")];
    await mkdir(join(folder, "keys"));
    for (const path of [key, file]) await writeFile(path, "private");
    const host = { PRIVATE_KEY_PATH: key, ORCH_CONFIG: file };
    const shown = (path: string) => exposures([{ ...definition, readable: [path] }], ownPlaces(host, "/var/lib/orch"));
    expect(shown(join(folder, "keys"))).toEqual([expect.stringContaining(`the App's private key (${key})`)]);
    expect(shown(folder)).toEqual([expect.stringContaining("operator's file"), expect.stringContaining("private key")]);
    expect(shown(join(folder, "agent"))).toEqual([]);
  });

  it("does not let a readable path show the .env of the folder that Orch is started in", async () => {
    await writeFile(join(folder, ".env"), "WEBHOOK_SECRET=x");
    const cwd = vi.spyOn(process, "cwd").mockReturnValue(folder);
    const places = ownPlaces({}, "/var/lib/orch");
    cwd.mockRestore();
    expect(places).toContainEqual(expect.objectContaining({ path: join(folder, ".env") }));
  });

  it("names everything that is missing at once", async () => {
    const found = await agentProblems(
      { ...definition, command: ["text"], readable: [join(folder, "gone")] },
      {},
      folder,
    );
    expect(found).toEqual([
      expect.stringContaining("MODE is not set"),
      expect.stringContaining("TEAM_KEY is not set"),
      expect.stringContaining("text was not found"),
      expect.stringContaining("gone does not exist"),
    ]);
  });

  it("is asked of its MCP servers as well", async () => {
    const server = { command: ["text"], env: { KEY: "$DOCS_KEY" }, passEnv: [], readable: [join(folder, "gone")] };
    const host = { TEAM_KEY: "1", MODE: "2" };
    expect(await agentProblems({ ...definition, mcp: { docs: server } }, host, folder)).toEqual([
      expect.stringContaining("agent a: MCP server docs: DOCS_KEY is not set"),
      expect.stringContaining("agent a: MCP server docs: text was not found"),
      expect.stringContaining("gone does not exist"),
    ]);
    const showing = { ...definition, mcp: { docs: { ...server, readable: [folder] } } };
    expect(exposures([showing], ownPlaces({}, join(folder, "data")))).toEqual([
      expect.stringContaining(`agent a: ${folder} under readable would show the agent`),
    ]);
  });
});
