import { expect, test } from "vitest";
import { launchScript, parseWrapper } from "../../../workers/tmux/step-files.ts";

test("writes a script in which no value means anything to the shell", () => {
  const script = launchScript("/usr/bin/setsid", { command: ["/bin/echo", "it's $(x)"], env: { A: "'; id #" } });
  expect(script).toContain(`export A=''\\''; id #'\n`);
  expect(script.endsWith(`exec /usr/bin/setsid /bin/echo 'it'\\''s $(x)'\n`)).toBe(true);
});

test("opens the file for what runs beside the command, whatever it is called", () => {
  const script = launchScript("setsid", { command: ["true"], env: {}, beside: "/runs/it's/output" });
  expect(script).toContain(`exec 5>>'/runs/it'\\''s/output'\n`);
});

test("refuses what a shell or a program cannot be given", () => {
  const launch =
    (env: Record<string, string>, command = ["/bin/true"]) =>
    () =>
      launchScript("setsid", { command, env });
  expect(launch({ "A;id": "x" })).toThrow(/not a variable name/);
  expect(launch({ A: "x\0y" })).toThrow(/NUL/);
  expect(launch({}, ["/bin/true", "\0"])).toThrow(/NUL/);
});

test("takes nothing but a whole line of the wrapper for its name", () => {
  const boot = "7d1f1f3e-0000-4000-8000-0123456789ab";
  expect(parseWrapper(`12 345 ${boot} 13`)).toEqual({ pid: 12, start: "345", boot, view: 13 });
  for (const text of ["", "12", `12 345 ${boot}`, `12 345 ${boot} 13 14`, `x 345 ${boot} 13`]) {
    expect(parseWrapper(text), text).toBeUndefined();
  }
});
