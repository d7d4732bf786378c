/**
 * `kind: plain`: any command. It reads the prompt on standard input and works in the current folder; every line that it
 * prints is something it says; its exit code and the commits or changes that it leaves decide.
 */
import type { Adapter } from "./adapter.ts";
import { lastMeaningfulLine } from "./cause.ts";
import { definedEnv } from "./environment.ts";
import { textEvent } from "./event.ts";
import { failed, reasonOfExit } from "./verdict.ts";

export const plain: Adapter = {
  kind: "plain",
  launch: (agent, run) => ({ command: [...agent.command], env: definedEnv(agent, run.env), files: [] }),
  parser: () => ({
    line(text) {
      const event = textEvent(text);
      return event ? [event] : [];
    },
    end: () => [],
  }),
  judge({ exitCode, stderrTail }) {
    if (exitCode === 0) return { ok: true };
    return failed(reasonOfExit(exitCode), `The agent ended with exit code ${exitCode}`, lastMeaningfulLine(stderrTail));
  },
  sessionPaths: () => [],
  sessionNeedsPath: false,
};
