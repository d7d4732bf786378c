import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { descendants, endMarked, markedProcesses, RUN_VARIABLE } from "../../../workers/sandbox/processes.ts";
import type { SandboxMode } from "../../../workers/sandbox/sandbox.ts";
import { AS_ROOT, isGone, type Machine, openMachine } from "../support/machine.ts";

const drivers: SandboxMode[] = ["auto", "none"];

/** Empty when the process has gone. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

describe.each(drivers)("steps with the sandbox %s", (mode) => {
  let machine: Machine;
  let count = 0;
  const next = () => `t${++count}-1`;
  const text = (name: string, file: string) => readFile(join(machine.dir, name, file), "utf8");
  const left = (mark: string) => markedProcesses({ run: mark, uid: machine.users[0]?.uid });

  beforeAll(async () => {
    machine = await openMachine(mode);
  });
  afterAll(() => machine.close());

  async function run(script: string, more = {}) {
    const name = next();
    const step = await machine.sessions.start(name, await machine.step(name, script, more));
    return { name, step };
  }

  test("gives the exit code, and keeps outputs and code in files", async () => {
    const { name, step } = await run("echo out; echo err >&2; exit 7");
    expect(await step.ended).toEqual({ exitCode: 7 });
    expect([await text(name, "stdout"), await text(name, "stderr"), await text(name, "exit")]).toEqual([
      "out\n",
      "err\n",
      "7\n",
    ]);
  });

  /** Resolves when the sandbox of a held step is up and its program is all that is missing. */
  const atTheLatch = (wrapper: number) =>
    expect
      .poll(() => descendants(wrapper).some(({ pid }) => commandOf(pid).startsWith("/bin/sh -c read -r ")), {
        timeout: 20_000,
      })
      .toBe(true);

  test("held back it is all there but its program, which begins when it is let go", async () => {
    const name = next();
    const held = await machine.sessions.hold(name, await machine.step(name, "echo began; exit 3"));
    const wrapper = Number((await text(name, "pid")).split(" ")[0]);
    await atTheLatch(wrapper);
    expect([await text(name, "latch"), await text(name, "stdout")]).toEqual(["", ""]);
    const step = held.letGo();
    expect(step.pid).toBe(wrapper);
    expect(await step.ended).toEqual({ exitCode: 3 });
    expect([await text(name, "latch"), await text(name, "stdout")]).toEqual(["begun\n", "began\n"]);
  });

  test("held back and killed nothing of it is left, and its name is free", async () => {
    const name = next();
    await machine.sessions.hold(name, await machine.step(name, "echo began"));
    const wrapper = Number((await text(name, "pid")).split(" ")[0]);
    await atTheLatch(wrapper);
    await machine.sessions.kill(name);
    expect(isGone(wrapper)).toBe(true);
    expect(await text(name, "stdout")).toBe("");
    await rm(join(machine.dir, name), { recursive: true });
    const again = await machine.sessions.start(name, await machine.step(name, "exit 2"));
    expect(await again.ended).toEqual({ exitCode: 2 });
  });

  test("gives its program every variable, whatever it is called", async () => {
    const names = ["word", "said", "WORD", "SAID", "dir", "input", "view", "stat", "code"];
    const env = Object.fromEntries(names.map((name) => [name, `my ${name}`]));
    const { name, step } = await run("env", { env });
    await step.ended;
    const shown = (await text(name, "stdout")).split("\n");
    expect(shown).toEqual(expect.arrayContaining(names.map((each) => `${each}=my ${each}`)));
  });

  test("leaves its program nothing of the latch", async () => {
    const { name, step } = await run("ls /proc/self/fd | sort -n | tr '\\n' ' '");
    await step.ended;
    expect(await text(name, "stdout")).toBe("0 1 2 3 "); // the third is the one with which ls reads
  });

  test.runIf(AS_ROOT)("is the first to go when memory runs out, and cannot change that", async () => {
    const { name, step } = await run("(echo 0 >/proc/self/oom_score_adj) 2>/dev/null; cat /proc/self/oom_score_adj");
    await step.ended;
    expect(await text(name, "stdout")).toBe("1000\n");
  });

  test("feeds the prompt, gives the environment exactly, and leaves neither in a file or an argument", async () => {
    const prompt = join(machine.dir, "prompt.md");
    await writeFile(prompt, "fix 'it' $(now)\n");
    const odd = "a'b\"c $(id) `id` \\ \n é \u0081\u0088 %s #{pid} ;";
    const { name, step } = await run('cat; printf %s "$ODD" >odd; env | sort >names', {
      stdinFile: prompt,
      env: { ODD: odd },
    });
    expect(await step.ended).toEqual({ exitCode: 0 });
    expect(await text(name, "stdout")).toBe("fix 'it' $(now)\n");
    expect(await readFile(join(machine.workspace, "odd"), "utf8")).toBe(odd);
    const names = (await readFile(join(machine.workspace, "names"), "utf8")).match(/^[A-Z_]+(?==)/gm);
    expect(names?.filter((variable) => variable !== "PWD")).toEqual(["HOME", "ODD", "ORCH_RUN", "PATH"]);
    await expect(stat(join(machine.dir, name, "run.sh"))).rejects.toThrow("ENOENT");
  });

  test("reads an empty input where there is no prompt", async () => {
    expect(await (await run("cat; exit 3")).step.ended).toEqual({ exitCode: 3 });
  });

  test("tells a signal's end as 128 + signal", async () => {
    expect(await (await run("kill -KILL $$")).step.ended).toEqual({ exitCode: 137 });
  });

  test("loses nothing of a flood and does not wait for its end to be shown", async () => {
    const { name, step } = await run("head -c 50000000 /dev/zero | tr '\\0' x");
    expect(await step.ended).toEqual({ exitCode: 0 });
    expect((await stat(join(machine.dir, name, "stdout"))).size).toBe(50_000_000);
  });

  test("leaves nothing behind that the step started, also what hides its mark or bears another", async () => {
    const mark = `left-${mode}`;
    const forged = `forged-${process.pid}-${mode}`;
    // Without a sandbox and without a uid of its own nothing would tell such a process from the user's others.
    const forges = `env -i setsid -f sleep 1000 >/dev/null 2>&1; ${RUN_VARIABLE}=${forged} setsid -f sleep 1000 >/dev/null 2>&1;`;
    const hides = mode === "auto" || AS_ROOT ? forges : "";
    const script = `setsid -f sleep 1000 >/dev/null 2>&1; ${hides} sleep 1000 & echo up`;
    const { name, step } = await run(script, { env: { [RUN_VARIABLE]: mark } });
    await step.ended;
    expect(await text(name, "stdout")).toBe("up\n");
    expect(left(mark)).toEqual([]);
    expect(markedProcesses({ run: forged })).toEqual([]);
  });

  test("stops a program with a word first", async () => {
    const { name, step } = await run("trap 'echo tidy; exit 9' TERM; echo up >flag; while :; do sleep 0.05; done");
    await flag("flag");
    await step.stop(20_000);
    expect(await step.ended).toEqual({ exitCode: 9 });
    expect(await text(name, "stdout")).toBe("tidy\n");
  });

  test("stops a program that ignores SIGTERM, with all that it started", async () => {
    const mark = `deaf-${mode}`;
    const script =
      "trap '' TERM; setsid -f sh -c \"trap '' TERM; sleep 1000\"; echo up >deaf; while :; do sleep 1; done";
    const { step } = await run(script, { env: { [RUN_VARIABLE]: mark } });
    await flag("deaf");
    expect(left(mark).length).toBeGreaterThan(0);
    await step.stop(50);
    expect(await step.ended).toEqual({ exitCode: 137 });
    expect(left(mark)).toEqual([]);
    expect(isGone(step.pid)).toBe(true);
  });

  test("reports a step as lost whose wrapper was killed, and ends its program", async () => {
    const mark = `lost-${mode}`;
    const { step } = await run("echo up >lost; sleep 1000", { env: { [RUN_VARIABLE]: mark } });
    await flag("lost");
    const view = () => descendants(step.pid).find((process) => process.name === "tail")?.pid;
    await expect.poll(view, { timeout: 20_000 }).toBeDefined();
    const shown = view() as number;
    process.kill(step.pid, "SIGKILL");
    expect(await step.ended).toEqual({ lost: true });
    await expect.poll(() => isGone(shown)).toBe(true);
    expect(left(mark)).toEqual([]);
  });

  test("leaves nothing behind when the wrapper is killed before the program has become the slot's user", async () => {
    const name = next();
    const given = await machine.step(name, "sleep 600");
    const slow = ["/bin/sh", "-c", 'read -r line <"$0"; exec "$@"', join(machine.dir, "never"), ...given.command];
    await promisify(execFile)("mkfifo", [join(machine.dir, "never")]);
    const step = await machine.sessions.start(name, { ...given, command: slow });
    const [mark = ""] = Object.entries(given.env).flatMap(([key, value]) => (key === RUN_VARIABLE ? [value] : []));
    await expect.poll(() => markedProcesses({ run: mark }).length).toBe(1);
    process.kill(step.pid, "SIGKILL");
    expect(await step.ended).toEqual({ lost: true });
    expect(markedProcesses({ run: mark })).toEqual([]);
    await rm(join(machine.dir, "never"));
  });

  test("leaves nothing behind that a killed wrapper had forked and not made a program of yet", async () => {
    const dir = join(machine.dir, "forked");
    // As a wrapper's child looks: the wrapper's command line, no mark.
    const child = spawn("/bin/sh", ["-c", "echo up; read -r line", "step.sh", dir], { env: {} });
    await once(child.stdout, "data");
    await endMarked({ run: "another", uid: machine.users[0]?.uid, step: dir });
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    expect(child.signalCode).toBe("SIGKILL");
  });

  test("ends a step in the end although no host is there any more", async () => {
    const name = next();
    const given = await machine.step(name, "trap '' HUP TERM; while true; do sleep 1; done", { endAfterMs: 1_000 });
    const step = await machine.sessions.start(name, given);
    step.detach();
    await expect.poll(() => isGone(step.pid), { timeout: 20_000 }).toBe(true);
    const later = await machine.sessions.adopt(name, given);
    expect(await later.ended).toEqual({ lost: true });
    expect(markedProcesses({ run: given.env[RUN_VARIABLE] ?? "" })).toEqual([]);
  });

  test("kills a session of which it knows only the name", async () => {
    const mark = `kill-${mode}`;
    const { name, step } = await run("trap '' TERM; echo up >kill; sleep 1000", { env: { [RUN_VARIABLE]: mark } });
    await flag("kill");
    const other = await machine.reopen();
    await other.kill(name);
    await step.ended;
    expect(await other.list()).not.toContain(name);
    expect(left(mark)).toEqual([]);
    await other.kill(name);
  });

  /** Resolves when the program inside has made this file; removes it. */
  async function flag(name: string): Promise<void> {
    await expect
      .poll(() => readFile(join(machine.workspace, name), "utf8").catch(() => ""), { timeout: 20_000 })
      .toBe("up\n");
  }
});

describe("sessions", () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await openMachine();
  });
  afterAll(() => machine.close());

  test("keeps names apart of which one begins like the other", async () => {
    const [one, ten] = [await machine.step("t1", "sleep 1000"), await machine.step("t10", "sleep 1000")];
    const longer = await machine.sessions.start("t10", { ...ten, env: { ...ten.env, [RUN_VARIABLE]: "t10" } });
    await machine.sessions.kill("t1");
    expect(await machine.sessions.list()).toEqual(["t10"]);
    const shorter = await machine.sessions.start("t1", {
      ...one,
      user: undefined,
      env: { ...one.env, [RUN_VARIABLE]: "t1" },
    });
    await machine.sessions.kill("t1");
    expect(await shorter.ended).toEqual({ exitCode: 137 });
    expect(await machine.sessions.list()).toEqual(["t10"]);
    expect(isGone(longer.pid)).toBe(false);
    await longer.stop(0);
  });

  test("uses a name again at once for the next step of the run", async () => {
    for (const name of ["agent-1", "verify-1", "agent-2"]) {
      const step = await machine.sessions.start("again", await machine.step(name, "exit 4"));
      expect(await step.ended).toEqual({ exitCode: 4 });
    }
  });

  test("refuses names that tmux would change or take for something else", async () => {
    const step = await machine.step("names", "true");
    for (const name of ["", "a.b", "a:b", "-t", "=a", "A", "x;", "orch-idle", "a".repeat(65)]) {
      await expect(machine.sessions.start(name, step), name).rejects.toThrow(/not a name/);
    }
  });

  test("refuses to start a step twice", async () => {
    const step = await machine.step("twice", "true");
    await (await machine.sessions.start("twice", step)).ended;
    await expect(machine.sessions.start("twice", step)).rejects.toThrow(/adopt/);
  });

  test("starts twenty at once", async () => {
    const steps = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const step = await machine.step(`many-${index}`, `exit ${index}`, { env: { [RUN_VARIABLE]: `many-${index}` } });
        // One slot user for all of them here, so only the mark may decide what belongs to whom.
        return machine.sessions.start(`many-${index}`, { ...step, user: undefined });
      }),
    );
    const ends = await Promise.all(steps.map((step) => step.ended));
    expect(ends).toEqual(Array.from({ length: 20 }, (_, index) => ({ exitCode: index })));
  });

  test("shows the transcript in the pane and nothing that is typed there", async () => {
    const step = await machine.sessions.start("view", await machine.step("view", "sleep 1000"));
    const shown = () => machine.tmux("capture-pane", "-p", "-t", "=view:");
    await expect.poll(shown, { timeout: 20_000 }).toMatch(/^what the agent says\n+$/);
    await machine.tmux("send-keys", "-t", "=view:", "C-c", "C-z", "C-\\", "x");
    expect(await shown()).toMatch(/^what the agent says\n+$/);
    await writeFile(machine.transcript, "more\n", { flag: "a" });
    await expect.poll(shown, { timeout: 20_000 }).toMatch(/says\nmore\n+$/);
    expect(isGone(step.pid)).toBe(false);
    await step.stop(0);
  });
});
