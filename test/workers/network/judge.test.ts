import { expect, test } from "vitest";
import { judge, type Machine } from "../../../workers/network/judge.ts";
import type { Policy } from "../../../workers/network/policy.ts";
import { connectTarget } from "../../../workers/network/target.ts";

const open: Policy = {
  egress: "open",
  rules: [{ whose: "operator", egress: "open" }],
  private: [],
  never: [],
  limits: { connections: 10, bytes: 1_000 },
};
const listing = (whose: "operator" | "repository", name: string, port = 443) => ({
  whose,
  egress: "listed" as const,
  hosts: [{ name, ports: [port] }],
});

function machine(names: Record<string, string[]> = {}, own: string[] = []): Machine & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    isOwn: (address) => own.includes(address),
    lookUp: async (name) => {
      asked.push(name);
      const found = names[name];
      if (!found) throw new Error("no name server knows it");
      return found;
    },
  };
}

const ask = (target: string, policy: Partial<Policy> = {}, on = machine()) =>
  judge({ ...open, ...policy }, connectTarget(target), on);

test("any public address passes where egress is open, by name and by number", async () => {
  expect(await ask("8.8.8.8:53")).toEqual({ kind: "pass", addresses: ["8.8.8.8"] });
  const on = machine({ "example.com": ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"] });
  expect(await ask("example.com:443", {}, on)).toEqual({
    kind: "pass",
    addresses: ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"],
  });
});

test.each([
  "127.0.0.1",
  "10.0.0.1",
  "172.16.0.1",
  "192.168.1.1",
  "169.254.169.254",
  "100.64.0.1",
  "224.0.0.1",
  "0.0.0.0",
  "255.255.255.255",
  "[::1]",
  "[::]",
  "[fe80::1]",
  "[fd00::1]",
  "[ff02::1]",
  "[::ffff:10.0.0.1]",
  "[64:ff9b::a00:1]",
  "[2002:a00:1::]",
])("%s is blocked, and so is a name that leads there", async (address) => {
  expect(await ask(`${address}:80`)).toMatchObject({ kind: "blocked", why: expect.stringMatching(/^it is /) });
  const on = machine({ "evil.example": [address.replace(/[[\]]/g, "")] });
  expect(await ask("evil.example:80", {}, on)).toMatchObject({
    kind: "blocked",
    why: expect.stringMatching(/^it leads to /),
  });
});

test("of a name with public and private addresses only the public ones may be dialled", async () => {
  const on = machine({ "mixed.example": ["10.0.0.1", "93.184.215.14", "::1"] });
  expect(await ask("mixed.example:80", {}, on)).toEqual({ kind: "pass", addresses: ["93.184.215.14"] });
});

test("a public address of the machine itself is the machine, not the internet", async () => {
  const on = machine({ "me.example": ["93.184.215.14"] }, ["93.184.215.14"]);
  expect(await ask("me.example:22", {}, on)).toMatchObject({
    kind: "blocked",
    why: expect.stringContaining("worker host"),
  });
  expect(await ask("93.184.215.14:22", {}, on)).toMatchObject({ kind: "blocked" });
});

test("a neighbour's public address passes only where the operator lists it, and a rule that lists still narrows it", async () => {
  const on = machine({}, ["93.184.215.15"]);
  const listed: Partial<Policy> = { private: [{ address: "93.184.215.15", port: 8080 }] };
  expect(await ask("93.184.215.15:8080", {}, on)).toMatchObject({
    kind: "blocked",
    why: "it is an address of the worker host's own networks",
    lift: expect.stringContaining("`93.184.215.15:8080` under `allow`"),
  });
  expect(await ask("93.184.215.15:8080", listed, on)).toMatchObject({ kind: "pass" });
  expect(await ask("93.184.215.15:22", listed, on)).toMatchObject({ kind: "blocked" });
  const narrowed = { private: [{ address: "8.8.8.8", port: 53 }], rules: [listing("repository", "a.example")] };
  expect(await ask("8.8.8.8:53", narrowed, on)).toMatchObject({ kind: "blocked" });
});

test("behind a NAT64 gateway an address is what it leads to", async () => {
  const on = machine({}, ["93.184.215.14"]);
  expect(await ask("[64:ff9b::5db8:d70e]:22", {}, on)).toMatchObject({ kind: "blocked" });
  const policy = { never: [{ address: "93.184.215.20", port: 443 }] };
  expect(await ask("[64:ff9b::5db8:d714]:443", policy, on)).toMatchObject({ why: "it belongs to Orch itself" });
  expect(await ask("[64:ff9b::5db8:d715]:443", policy, on)).toMatchObject({ kind: "pass" });
});

test("a single private address passes at its port alone, also by a name that leads there", async () => {
  const policy = { private: [{ address: "10.0.0.7", port: 11434 }] };
  const on = machine({ "model.test": ["10.0.0.7"] });
  expect(await ask("10.0.0.7:11434", policy)).toEqual({ kind: "pass", addresses: ["10.0.0.7"] });
  expect(await ask("model.test:11434", policy, on)).toEqual({ kind: "pass", addresses: ["10.0.0.7"] });
  expect(await ask("10.0.0.7:22", policy)).toMatchObject({ kind: "blocked" });
  expect(await ask("10.0.0.8:11434", policy)).toMatchObject({ kind: "blocked" });
});

test("what is Orch's own is never reached, not even when it is listed", async () => {
  const endpoint = { address: "127.0.0.1", port: 3000 };
  const policy = { private: [endpoint, { address: "127.0.0.9", port: 3000 }], never: [endpoint] };
  expect(await ask("127.0.0.1:3000", policy)).toEqual({
    kind: "blocked",
    why: "it belongs to Orch itself",
    lift: "Nothing allows that.",
  });
  expect(await ask("127.0.0.9:3000", policy)).toEqual({
    kind: "blocked",
    why: "it belongs to Orch itself",
    lift: "Nothing allows that.",
  });
});

test("where egress is listed, what is not listed is not even looked up: a question to a name server carries data too", async () => {
  const on = machine({ "listed.example": ["93.184.215.14"] });
  const policy: Partial<Policy> = { egress: "listed", rules: [listing("operator", "listed.example")] };
  expect(await ask("listed.example:443", policy, on)).toMatchObject({ kind: "pass" });
  expect(await ask("secret-as-a-name.evil.example:443", policy, on)).toMatchObject({
    kind: "blocked",
    why: expect.stringContaining("operator"),
  });
  expect(await ask("listed.example:22", policy, on)).toMatchObject({ kind: "blocked" });
  expect(await ask("8.8.8.8:443", policy, on)).toMatchObject({ kind: "blocked" });
  expect(on.asked).toEqual(["listed.example"]);
});

test("a listed name that leads to a private address is blocked all the same", async () => {
  const on = machine({ "listed.example": ["192.168.0.1"] });
  const policy: Partial<Policy> = { egress: "listed", rules: [listing("operator", "listed.example")] };
  expect(await ask("listed.example:443", policy, on)).toMatchObject({ kind: "blocked" });
});

test("each rule must let a target pass: a repository narrows and never widens", async () => {
  const on = machine({ "a.example": ["93.184.215.14"], "b.example": ["93.184.215.14"] });
  const both: Partial<Policy> = { rules: [listing("operator", "a.example"), listing("repository", "b.example")] };
  expect(await ask("a.example:443", both, on)).toMatchObject({
    kind: "blocked",
    why: expect.stringContaining(".github/orch.yml"),
  });
  expect(await ask("b.example:443", both, on)).toMatchObject({
    kind: "blocked",
    why: expect.stringContaining("operator"),
  });
});

test("a name that nobody knows is not blocked but unknown, in the resolver's words", async () => {
  expect(await ask("no-such.example:443")).toEqual({ kind: "unknown", message: "no name server knows it" });
});

test("an address is judged in its one form, however a resolver spells it, and dialled in that form", async () => {
  const on = machine({ "me.example": ["::ffff:93.184.215.14"], "model.test": ["::ffff:10.0.0.7"] }, ["93.184.215.14"]);
  expect(await ask("me.example:22", {}, on)).toMatchObject({
    kind: "blocked",
    why: expect.stringContaining("worker host"),
  });
  const policy = { private: [{ address: "10.0.0.7", port: 11434 }] };
  expect(await ask("model.test:11434", policy, on)).toEqual({ kind: "pass", addresses: ["10.0.0.7"] });
  expect(await ask("odd.example:80", {}, machine({ "odd.example": ["fe80::1%eth0"] }))).toEqual({
    kind: "blocked",
    why: "its address cannot be read",
    lift: "Nothing allows that.",
  });
});

test("what is Orch's own is not reached by a name either, nor by any other address of loopback", async () => {
  const endpoint = { address: "127.0.0.1", port: 3000 };
  const policy = { private: [endpoint, { address: "127.8.9.10", port: 3000 }], never: [endpoint] };
  const on = machine({ "bot.test": ["127.0.0.1"] });
  const own = { kind: "blocked", why: "it belongs to Orch itself" };
  expect(await ask("bot.test:3000", policy, on)).toMatchObject(own);
  expect(await ask("127.8.9.10:3000", policy)).toMatchObject(own);
});

test("a listed private address passes every rule by its number as well: a repository that does not list it narrows it away", async () => {
  const policy = { egress: "listed" as const, private: [{ address: "10.0.0.7", port: 11434 }] };
  const operator = listing("operator", "10.0.0.7", 11434);
  expect(await ask("10.0.0.7:11434", { ...policy, rules: [operator] })).toMatchObject({ kind: "pass" });
  expect(
    await ask("10.0.0.7:11434", { ...policy, rules: [operator, listing("repository", "a.example")] }),
  ).toMatchObject({
    kind: "blocked",
    why: expect.stringContaining(".github/orch.yml"),
  });
});
