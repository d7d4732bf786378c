import { describe, expect, test } from "vitest";
import { hostSets } from "../../../src/reach/host-sets.ts";
import { hostsOf } from "../../../src/reach/read-allow.ts";
import { parseRepositoryFile } from "../../../src/settings/repository-file.ts";
import {
  type Asked,
  listedThoughNever,
  modelOutOfReach,
  narrowsInVain,
  policyFor,
} from "../../../workers/network/make-policy.ts";
import { modelSets } from "../../../workers/network/model-sets.ts";
import { isListed, type Policy } from "../../../workers/network/policy.ts";
import { parseOperatorFile } from "../../../workers/operator-file.ts";

type Change = Partial<Pick<Asked, "step" | "env" | "never">> & { agent?: string; repository?: string };

/** The policy of an operator's file, whose agent is `claude` unless the change says otherwise. */
function policy(file: string, change: Change = {}): Policy {
  const operator = parseOperatorFile(file, "orch.yml");
  const agent = operator.agents.get(change.agent ?? "claude");
  if (!agent) throw new Error("no such agent");
  const { step = "agent", env = {}, never = [] } = change;
  const text = change.repository;
  const repository = parseRepositoryFile(text === undefined ? [] : [{ path: ".github/orch.yml", text }]);
  const made = policyFor({ operator, agent, step, repository, env, never });
  expect(JSON.parse(JSON.stringify(made))).toEqual(made); // it is written to a file
  return made;
}

/** Whether every rule lets it pass. */
function passes({ rules }: Policy, name: string, port = 443): boolean {
  return rules.every((rule) => rule.egress === "open" || isListed(rule.hosts, name, port));
}

/** A host of the set, as any other. */
const [npm, pypi, crates] = [hostSets.npm[0], hostSets.pypi[0], hostSets.crates[0]];

const claude = "agents: { claude: { kind: claude, command: [claude] } }";

describe("what an agent may reach", () => {
  test("is any public host unless the operator says otherwise", () => {
    expect(policy(claude)).toEqual({
      egress: "open",
      rules: [{ whose: "operator", egress: "open" }],
      private: [],
      never: [],
      limits: { connections: 256, bytes: 20_000_000_000 },
    });
  });

  test("is what its sandbox may carry, by the operator's limits", () => {
    const limits = policy(`${claude}\nlimits: { connections: 8, trafficGigabytes: 0.5 }`).limits;
    expect(limits).toEqual({ connections: 8, bytes: 500_000_000 });
  });

  test("is, where egress is listed, its model's hosts and nothing else", () => {
    const listed = policy(`${claude}\negress: listed`);
    expect(listed.egress).toBe("listed");
    expect(listed.rules).toEqual([{ whose: "operator", egress: "listed", hosts: hostsOf("anthropic") }]);
    expect(passes(listed, "api.anthropic.com")).toBe(true);
    expect(passes(listed, "example.com")).toBe(false);
  });

  test.each([
    ["gemini", "generativelanguage.googleapis.com", true],
    ["gemini", "europe-west4-aiplatform.googleapis.com", true],
    ["gemini", "storage.googleapis.com", false],
    ["gemini", "api.anthropic.com", false],
    ["plain", "api.anthropic.com", false],
    ["jsonl", "api.openai.com", false],
  ])("by its kind: %s, %s: %s", (kind, host, isPassed) => {
    const listed = policy(`agents: { a: { kind: ${kind}, command: [a] } }\negress: listed`, { agent: "a" });
    expect(passes(listed, host)).toBe(isPassed);
  });

  test("is also what the file allows for all and what it allows this agent, by sets and by hosts", () => {
    const file = `
egress: listed
allow: [npm]
agents:
  claude: { kind: claude, command: [claude], allow: [openai, "*.example.com"] }
  other: { kind: plain, command: [other] }
defaultAgent: claude`;
    for (const host of [npm, "api.openai.com", "a.example.com", "api.anthropic.com"]) {
      expect(passes(policy(file), host), host).toBe(true);
      expect(passes(policy(file, { agent: "other" }), host), host).toBe(host === npm);
    }
  });

  test("follows the agent's own egress where it has one, to the stricter or the wider", () => {
    const file = (all: string, own: string) =>
      `egress: ${all}\nagents: { claude: { kind: claude, command: [claude], egress: ${own} } }`;
    expect(policy(file("open", "listed")).egress).toBe("listed");
    expect(policy(file("listed", "open")).egress).toBe("open");
  });

  test("is also the host of each base URL that its environment names, at that port", () => {
    const file = `
egress: listed
agents:
  claude:
    kind: claude
    command: [claude]
    env: { ANTHROPIC_BASE_URL: "http://Models.example:4410/v1", OTHER_URL: "https://other.example", ODD_BASE_URL: "ftp://odd.example" }
    passEnv: [OPENAI_API_BASE, AZURE_OPENAI_ENDPOINT]`;
    const env = {
      OPENAI_API_BASE: "https://gateway.example/openai",
      AZURE_OPENAI_ENDPOINT: "not a URL",
      HIDDEN_BASE_URL: "https://hidden.example",
    };
    const listed = policy(file, { env });
    expect(passes(listed, "models.example", 4410)).toBe(true);
    expect(passes(listed, "models.example", 443)).toBe(false);
    expect(passes(listed, "gateway.example", 443)).toBe(true);
    for (const host of ["other.example", "odd.example", "hidden.example"])
      expect(passes(listed, host), host).toBe(false);
  });

  test("is no private address that only its environment names: the operator lists it, too", () => {
    const agents = `agents: { claude: { kind: claude, command: [claude], env: { X_BASE_URL: "http://10.0.0.7:11434" } } }`;
    expect(policy(`${agents}\negress: listed`).private).toEqual([]);
    const both = policy(`${agents}\negress: listed\nallow: ["10.0.0.7:11434"]`);
    expect(both.private).toEqual([{ address: "10.0.0.7", port: 11_434 }]);
    expect(passes(both, "10.0.0.7", 11_434)).toBe(true);
  });

  test("holds private addresses of the file and of the agent where egress is open, too", () => {
    const file = `
allow: ["10.0.0.7:80"]
agents:
  claude: { kind: claude, command: [claude], allow: ["[fd00::7]:81"] }
  other: { kind: plain, command: [other], allow: ["10.0.0.9:82"] }
defaultAgent: claude`;
    expect(policy(file).private).toEqual([
      { address: "10.0.0.7", port: 80 },
      { address: "fd00::7", port: 81 },
    ]);
  });

  test("is never the bot nor Redis, which the caller names", () => {
    const never = [{ address: "127.0.0.1", port: 6379 }];
    expect(policy(claude, { never }).never).toEqual(never);
    expect(policy(claude, { never, step: "verify" }).never).toEqual(never);
  });
});

describe("what the verify command may reach", () => {
  const file = `
egress: listed
allow: [npm]
verify: { allow: [pypi, "10.0.0.8:80"] }
agents:
  claude: { kind: claude, command: [claude], allow: [crates, "10.0.0.9:80"], env: { X_BASE_URL: "https://model.example" } }`;

  test("is what the file allows for all and for it, nothing of the agent's", () => {
    const listed = policy(file, { step: "verify" });
    expect(listed.rules).toEqual([
      {
        whose: "operator",
        egress: "listed",
        hosts: [...hostsOf("npm"), ...hostsOf("pypi"), { name: "10.0.0.8", ports: [80] }],
      },
    ]);
    expect(listed.private).toEqual([{ address: "10.0.0.8", port: 80 }]);
  });

  test("is nothing of its own for the agent", () => {
    expect(passes(policy(file), pypi)).toBe(false);
    expect(policy(file).private).toEqual([{ address: "10.0.0.9", port: 80 }]);
  });

  test("follows its own egress, not the agent's", () => {
    const own = `agents: { claude: { kind: claude, command: [claude], egress: open } }\nverify: { egress: listed }`;
    expect(policy(own, { step: "verify" }).rules).toEqual([{ whose: "operator", egress: "listed", hosts: [] }]);
    expect(policy(own).egress).toBe("open");
    const wide = `${claude}\negress: listed\nverify: { egress: open }`;
    expect(policy(wide, { step: "verify" }).egress).toBe("open");
  });
});

describe("a repository", () => {
  const repository = "egress: listed\nallow: [npm, example.com]";

  test("narrows an open network to what it lists, and keeps the agent's model and what the operator gave the agent", () => {
    const file = `agents: { claude: { kind: claude, command: [claude], allow: [crates] } }\nallow: [pypi]`;
    const narrowed = policy(file, { repository });
    expect(narrowed.egress).toBe("listed");
    expect(narrowed.rules.map(({ whose, egress }) => [whose, egress])).toEqual([
      ["operator", "open"],
      ["repository", "listed"],
    ]);
    for (const host of [npm, "example.com", "api.anthropic.com", crates]) {
      expect(passes(narrowed, host), host).toBe(true);
    }
    for (const host of [pypi, "other.example"]) expect(passes(narrowed, host), host).toBe(false);
  });

  test("never widens what the operator lists", () => {
    const narrowed = policy(`${claude}\negress: listed\nallow: [npm, pypi]`, { repository });
    expect(passes(narrowed, npm)).toBe(true);
    expect(passes(narrowed, "example.com")).toBe(false);
    expect(passes(narrowed, pypi)).toBe(false);
  });

  test("narrows its verify command as well, except for what the operator gave that alone", () => {
    const file = `${claude}\nallow: ["10.0.0.7:80"]\nverify: { allow: ["10.0.0.8:80"] }`;
    const narrowed = policy(file, { repository, step: "verify" });
    expect(passes(narrowed, npm)).toBe(true);
    expect(passes(narrowed, "10.0.0.8", 80)).toBe(true);
    for (const host of ["api.anthropic.com", pypi]) expect(passes(narrowed, host), host).toBe(false);
    expect(passes(narrowed, "10.0.0.7", 80)).toBe(false);
  });

  test("that lists nothing leaves the agent its model, and the verify command no network", () => {
    const none = "egress: listed";
    expect(passes(policy(claude, { repository: none }), "api.anthropic.com")).toBe(true);
    expect(passes(policy(claude, { repository: none }), "example.com")).toBe(false);
    expect(policy(claude, { repository: none, step: "verify" }).rules).toContainEqual({
      whose: "repository",
      egress: "listed",
      hosts: [],
    });
  });

  test("adds no rule with egress: open", () => {
    const listed = `${claude}\negress: listed`;
    expect(policy(listed, { repository: "egress: open" })).toEqual(policy(listed));
  });
});

test("an address that is listed twice stands in the policy once: a sandbox can offer it only once", () => {
  const file = `allow: ["127.0.0.1:4010"]
agents: { claude: { kind: claude, command: [claude], allow: ["127.0.0.1:4010", "127.0.0.1:4011"] } }`;
  expect(policy(file).private).toEqual([
    { address: "127.0.0.1", port: 4010 },
    { address: "127.0.0.1", port: 4011 },
  ]);
});

describe("a model that is out of reach", () => {
  const reason = (file: string, env = {}, blocked: { host: string; port: number }[] = []) => {
    const operator = parseOperatorFile(file, "orch.yml");
    const [agent] = operator.agents.values();
    if (!agent) throw new Error("the file defines no agent");
    return modelOutOfReach({ operator, agent, env }, blocked);
  };
  const at = (url: string, more = "") =>
    `agents: { local: { kind: claude, command: [claude], env: { ANTHROPIC_BASE_URL: "${url}" }${more} } }`;

  test("is one at a private address that is not listed: said with the entry to write", () => {
    expect(reason(at("http://10.0.0.7:11434/v1"))).toBe(
      'ANTHROPIC_BASE_URL names 10.0.0.7:11434, which no sandbox reaches unless it is listed; list it by allow: ["10.0.0.7:11434"] under the agent',
    );
    expect(reason(at("http://localhost:4010"))).toContain(
      'allow: ["127.0.0.1:4010"] under the agent, and name it 127.0.0.1 in ANTHROPIC_BASE_URL',
    );
    expect(reason(at("http://[fd00::9]:4010"))).toContain('allow: ["[fd00::9]:4010"]');
  });

  test("is none where the address is listed, for the agent or for all, or is a public one", () => {
    expect(reason(at("http://10.0.0.7:11434", ', allow: ["10.0.0.7:11434"]'))).toBeUndefined();
    expect(reason(`${at("http://10.0.0.7:11434")}\nallow: ["10.0.0.7:11434"]`)).toBeUndefined();
    expect(reason(at("https://gateway.example.com"))).toBeUndefined();
    expect(reason(claude)).toBeUndefined();
  });

  test("is one whose host the proxy has blocked, as by a name that leads to a private address", () => {
    const blocked = [
      { host: "other.example", port: 443 },
      { host: "gateway.example.com", port: 8443 },
    ];
    expect(reason(at("https://gateway.example.com:8443"), {}, blocked)).toContain(
      "its model at gateway.example.com:8443 was blocked",
    );
    expect(reason(at("https://gateway.example.com:8443"), {}, blocked.slice(0, 1))).toBeUndefined();
  });
});

describe("the bot's and Redis' own addresses", () => {
  const never = [
    { address: "127.0.0.1", port: 6379 },
    { address: "fd00::7", port: 3000 },
    { address: "8.8.8.8", port: 443 },
  ];
  const problems = (file: string) => listedThoughNever(parseOperatorFile(file, "orch.yml"), never);

  test("are told wherever the file lists them", () => {
    const file = `
allow: ["127.0.0.1:6379", "127.0.0.1:4010"]
verify: { allow: ["[fd00:0::7]:3000"] }
agents: { claude: { kind: claude, command: [claude], allow: ["8.8.8.8:443"] } }`;
    expect(problems(file)).toEqual([
      "allow lists 127.0.0.1:6379, where Orch's own bot or Redis is reached: no sandbox ever reaches that. Remove the entry",
      expect.stringMatching(/^verify\.allow lists \[fd00::7\]:3000, /),
      expect.stringMatching(/^agents\.claude\.allow lists 8\.8\.8\.8:443, /),
    ]);
  });

  test("are no problem where they are not listed", () => {
    expect(problems(`${claude}\nallow: ["127.0.0.1:6380", npm]`)).toEqual([]);
  });
});

describe("a base URL in an agent's environment", () => {
  test.each([
    ["https://gateway.example/v1", [443]],
    ["http://gateway.example/v1", [80]],
    ["https://gateway.example:8443", [8443]],
    ["ftp://gateway.example", []],
    ["ftp://gateway.example:443", []],
    ["not a URL", []],
  ])("such as %s lists its host at the ports %j, whatever the variable's ending", (url, ports) => {
    for (const name of ["MODEL_BASE_URL", "MODEL_ENDPOINT", "MODEL_API_BASE"]) {
      const file = `egress: listed\nagents: { a: { kind: plain, command: [a], env: { ${name}: "${url}" } } }`;
      const hosts = ports.length === 0 ? [] : [{ name: "gateway.example", ports }];
      expect(policy(file, { agent: "a" }).rules, name).toEqual([{ whose: "operator", egress: "listed", hosts }]);
    }
  });
});

describe("a list that narrows", () => {
  const warned = (file: string) => narrowsInVain(parseOperatorFile(file, "orch.yml"));
  const own = "agents: { claude: { kind: claude, command: [claude], egress: listed } }";

  test("is told to have no effect without a sandbox, wherever it stands in the file", () => {
    for (const file of [`${claude}\negress: listed`, `${claude}\nverify: { egress: listed }`, own])
      expect(warned(`${file}\nsandbox: none`), file).toMatch(/^`egress: listed` has no effect with `sandbox: none`/);
  });

  test("is no reason for a warning in a sandbox, nor is an open network without one", () => {
    expect(warned(`${own}\negress: listed`)).toBeUndefined();
    expect(warned(`${claude}\nsandbox: none`)).toBeUndefined();
  });
});

test("sets hold the model of each kind that has one", () => {
  const names = (kind: keyof typeof modelSets) => modelSets[kind].flatMap(hostsOf).map(({ name }) => name);
  expect(names("claude")).toContain("api.anthropic.com");
  expect(names("gemini")).toEqual(
    expect.arrayContaining(["generativelanguage.googleapis.com", "us-central1-aiplatform.googleapis.com"]),
  );
  expect([...names("plain"), ...names("jsonl")]).toEqual([]);
});
