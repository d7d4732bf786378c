/** A system as one finds it, and agents that stay: what measurements of memory begin with. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { RepositoryWithIssue } from "./github.ts";
import { type System, type SystemOptions, startSystem } from "./system.ts";

/** After the start; and after the agents were started, until the last timer of a request has run out (GitHub's: 15 s). */
export const START_SETTLE_MS = 5_000;
const AGENTS_SETTLE_MS = 25_000;
const AT_ONCE = 5;

/** A system is started once for the first time and many times after: this is one of those. */
export async function startSystemAgain(options: Omit<SystemOptions, "compileCache">): Promise<System> {
  const compileCache = await mkdtemp(join(tmpdir(), "orch-bench-cache-"));
  const remove = () => rm(compileCache, { recursive: true, force: true });
  try {
    const { settings = {} } = options;
    await (await startSystem({ agent: ["true"], slots: 1, compileCache, settings })).stop();
    const system = await startSystem({ ...options, compileCache });
    return { ...system, stop: () => system.stop().finally(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Has so many agents begin, a few at once, and waits until nothing of their start is left to do. */
export async function startAgents(
  system: System,
  repository: RepositoryWithIssue,
  { agents, say }: { agents: number; say(line: string): void },
): Promise<void> {
  for (let begun = 0; begun < agents; begun += AT_ONCE) {
    say(`${begun} of ${agents} agents have begun`);
    const commands = await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, agents - begun) }, () => system.command(repository)),
    );
    await Promise.all(
      commands.map(({ taskId }) =>
        system.until(taskId, ({ state }) => state.name === "running" && state.phase === "working"),
      ),
    );
  }
  await system.quiet();
  await delay(AGENTS_SETTLE_MS);
}
