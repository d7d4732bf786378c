import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test, vi } from "vitest";
import { descendants, processorTime, readProcess } from "../../../workers/sandbox/processes.ts";

/** Resolves with the id of a shell that has run `script`, says so, and waits. */
async function ran(script: string): Promise<number> {
  const child = spawn("/bin/sh", ["-c", `${script}\necho done\nread -r line`], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child.pid ?? 0;
}

const COUNT = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done";

test("the processor time of a program is what it used itself", async () => {
  expect(processorTime(await ran(COUNT))).toBeGreaterThanOrEqual(50);
  expect(processorTime(await ran(""))).toBeLessThan(50);
});

test("what its children used counts also when they have ended", async () => {
  const shell = await ran(`sh -c 'sh -c "${COUNT.replaceAll("$", "\\$")}"; :'; :`);
  expect(processorTime(shell)).toBeGreaterThanOrEqual(50);
});

test("a child that has ended and that nobody has collected counts, and is gone all the same", async () => {
  // The parent becomes a program that collects nobody; the child ends after that.
  const parent = spawn("/bin/sh", ["-c", `(read -r go; ${COUNT}) <&3 3<&- & exec sleep 600 3<&-`], {
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  onTestFinished(() => void parent.kill("SIGKILL"));
  const go = parent.stdio[3] as NodeJS.WritableStream;
  go.write("go\n");
  // Both: at first there is no child yet.
  await vi.waitFor(() => {
    expect(processorTime(parent.pid ?? 0)).toBeGreaterThanOrEqual(50);
    expect(descendants(parent.pid ?? 0)).toEqual([]);
  }, 10_000);
});

test("a program that is gone has used nothing", async () => {
  const child = spawn("/bin/true");
  await once(child, "close");
  expect(readProcess(child.pid ?? 0)).toBeUndefined();
  expect(processorTime(child.pid ?? 0)).toBe(0);
});

test("a child counts whichever of its parent's threads has started it", async () => {
  const inThread = `require("node:child_process").spawn("/bin/sh", ["-c", ${JSON.stringify(`${COUNT}; echo done; sleep 600`)}], { stdio: ["ignore", 1, 2] })`;
  const parent = spawn(process.execPath, [
    "-e",
    `new (require("node:worker_threads").Worker)(${JSON.stringify(inThread)}, { eval: true })`,
  ]);
  onTestFinished(() => {
    for (const { pid } of descendants(parent.pid ?? 0)) process.kill(pid, "SIGKILL");
    parent.kill("SIGKILL");
  });
  await once(parent.stdout, "data");
  const [child] = descendants(parent.pid ?? 0);
  const own = readProcess(parent.pid ?? 0)?.workedMs ?? 0;
  expect(child?.workedMs).toBeGreaterThanOrEqual(50);
  expect(processorTime(parent.pid ?? 0)).toBeGreaterThanOrEqual(own + (child?.workedMs ?? 0));
});
