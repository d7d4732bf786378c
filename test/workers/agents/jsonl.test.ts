import { describe, expect, it } from "vitest";
import { adapterFor } from "../../../workers/agents/adapters.ts";
import { maxTextLength } from "../../../workers/agents/event.ts";
import { eventsOf, evidenceOf } from "./recording.ts";

const jsonl = adapterFor("jsonl");
const plain = adapterFor("plain");
const lines = (...values: (object | string)[]) =>
  Buffer.from(values.map((value) => `${typeof value === "string" ? value : JSON.stringify(value)}\n`).join(""));
const heard = (...values: (object | string)[]) => eventsOf("jsonl", lines(...values), 0);

describe("a program that speaks the documented form", () => {
  it("is heard word for word", () => {
    const events = [
      { type: "session", sessionId: "s-1", model: "none" },
      { type: "text", text: "Two tests fail." },
      { type: "tool", name: "edit", summary: "src/a.js", status: "started" },
      { type: "tool", name: "edit", summary: "src/a.js", status: "failed" },
      { type: "usage", inputTokens: 1, outputTokens: 2, cachedTokens: 0, costUsd: 0.5, scope: "run" },
      { type: "retry", reason: "busy", attempt: 1, delayMs: 500 },
      { type: "error", reason: "server", message: "503" },
      { type: "final", ok: true, text: "Repaired." },
    ];
    expect(heard(...events)).toEqual(events);
  });

  it("is told of the session that it is to go on with, and never of one that its definition names", () => {
    const agent = { name: "own", kind: "jsonl" as const, command: ["own"], env: {}, passEnv: [], readable: [] };
    const run = { homeDir: "/workspace/home", sessionId: "new", env: {} };
    expect(jsonl.launch(agent, run).env).toEqual({});
    const named = { ...agent, env: { ORCH_RESUME: "mine" } };
    expect(jsonl.launch(named, { ...run, resume: "s-1" })).toMatchObject({
      env: { ORCH_RESUME: "s-1" },
      command: ["own"],
    });
    expect(plain.launch(agent, { ...run, resume: "s-1" }).env).toEqual({});
  });

  it("needs a final event and exit code 0, both", () => {
    const said = heard({ type: "text", text: "done" });
    const finished = heard({ type: "final", ok: true });
    expect(jsonl.judge(evidenceOf(finished, 0))).toEqual({ ok: true });
    expect(jsonl.judge(evidenceOf(said, 0))).toMatchObject({ ok: false, reason: "interrupted" });
    expect(jsonl.judge(evidenceOf(finished, 3))).toMatchObject({ ok: false, reason: "crash" });
    expect(jsonl.judge(evidenceOf([], 127, "sh: 1: nothing: not found"))).toMatchObject({
      ok: false,
      reason: "config",
    });
  });

  it("says by itself why it failed", () => {
    const final = heard({ type: "final", ok: false, reason: "budget", text: "no money left" });
    expect(jsonl.judge(evidenceOf(final, 0))).toMatchObject({
      reason: "budget",
      message: expect.stringContaining("no money"),
    });
  });

  it("may leave out what has a default and invent a reason", () => {
    expect(heard({ type: "usage", inputTokens: 1, outputTokens: 1 })).toMatchObject([{ scope: "step" }]);
    expect(heard({ type: "error", reason: "moon phase", message: "x" })).toMatchObject([{ reason: "crash" }]);
    expect(heard({ type: "final", ok: false, reason: "moon phase" })).toEqual([{ type: "final", ok: false }]);
  });

  it("is not misled by events of other programs, wrong fields, torn lines or arrays", () => {
    const understood = { type: "text", text: "here" };
    expect(heard({ type: "future.event", x: 1 }, "", { text: "no type" }, understood)).toEqual([understood]);
    const [, ...odd] = heard(
      understood,
      { type: "usage", inputTokens: -1, outputTokens: 1 },
      '{"type":"final","ok":tr',
      "[1]",
      "npm warn",
    );
    expect(odd.map(({ type }) => type)).toEqual(["log", "log", "log", "log"]);
    expect(odd[0]).toHaveProperty("text", expect.stringContaining("inputTokens"));
  });

  it("cannot make one event or one line endless", () => {
    const [event] = heard({ type: "text", text: "a".repeat(maxTextLength + 7) });
    expect(event).toHaveProperty("text", expect.stringContaining("[… 7 more characters left out]"));
    const [log, after] = heard({ type: "text", text: "b".repeat(1024 * 1024) }, { type: "text", text: "still here" });
    expect(log).toMatchObject({ type: "log", text: expect.stringContaining("too long") });
    expect(after).toEqual({ type: "text", text: "still here" });
  });

  it("cannot smuggle escapes or invisible characters through any field", () => {
    const evil = "a\u001b]0;title\u0007\u001b[31mb\u202e\u200b\u{e0041}c";
    const events = heard(
      { type: "text", text: evil },
      { type: "tool", name: evil, summary: `${evil}\n${evil}` },
      { type: "final", ok: true, text: evil },
    );
    expect(events).toEqual([
      { type: "text", text: "abc" },
      { type: "tool", name: "abc", summary: "abc abc" },
      { type: "final", ok: true, text: "abc" },
    ]);
  });
});

describe("any command", () => {
  it("says its lines, in colour or not", () => {
    expect(eventsOf("plain", Buffer.from("one\r\n\u001b[32mtwo\u001b[0m\n\n{x}"), 0)).toEqual([
      { type: "text", text: "one" },
      { type: "text", text: "two" },
      { type: "text", text: "{x}" },
    ]);
  });

  it("is judged by its exit code, and its error output tells why", () => {
    expect(plain.judge(evidenceOf([], 0))).toEqual({ ok: true });
    expect(plain.judge(evidenceOf([], 2, "no such file"))).toEqual({
      ok: false,
      reason: "crash",
      message: "The agent ended with exit code 2: no such file",
    });
    expect(plain.judge(evidenceOf([], 143))).toMatchObject({ reason: "interrupted" });
    expect(plain.judge(evidenceOf([], 126))).toMatchObject({ reason: "config" });
  });

  it("gets only the variables that its definition names", () => {
    const env = { SECRET_ONE: "1", MODE: "host", TEAM: "blue", PATH: "/bin" };
    const agent = {
      name: "a",
      kind: "plain",
      command: ["x", "y"],
      env: { MODE: "$TEAM", LEVEL: "3" },
      passEnv: ["MODE", "UNSET"],
      readable: [],
    } as const;
    const launch = plain.launch(
      { ...agent, command: [...agent.command], passEnv: [...agent.passEnv], readable: [] },
      { homeDir: "/h", sessionId: "s", env },
    );
    expect(launch).toEqual({ command: ["x", "y"], env: { MODE: "blue", LEVEL: "3" }, files: [] });
  });
});
