/**
 * The servers beside an agent's step: which there are, where the host keeps what they print, and what is read of that. As of any step there is
 * a transcript, in a folder of its own in the run's, `servers-1` beside `agent-1`.
 */
import { closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import type { Server } from "../../../src/settings/servers.ts";
import { cutStart } from "../../../src/text/bound.ts";
import { visibleText } from "../../../src/text/clean.ts";
import { withoutSecrets } from "../../../src/text/known-secrets.ts";
import { redact } from "../../../src/text/secret-patterns.ts";
import { adapterFor } from "../../agents/adapters.ts";
import { droppedLine } from "../../agents/event.ts";
import { lineSplitter } from "../../agents/lines.ts";
import { secretBlanker } from "../../agents/secrets.ts";
import type { Place } from "../ground.ts";
import type { Run } from "../run.ts";
import { followFile } from "./follow-file.ts";
import type { StepResult } from "./run-step.ts";
import { HOST_SAYS } from "./start-servers.ts";
import { readTail } from "./tail-text.ts";
import { openTranscript } from "./transcript-file.ts";

const TAIL_BYTES = 16_000;
/** Of what servers printed, in what is said of one that did not come up. */
const LAST_WORDS = 1_500;

/** What their output stands under, beside the agent's step of this name. */
export const serversStep = (agentStep: string): string => agentStep.replace(/^agent-/, "servers-");

/** The folder with what they print, as the agent sees it. */
export const serverLogs = ({ workspace }: Pick<Place, "workspace">): string => join(workspace.inside.tmpDir, "servers");

/** Only a node's agent has any. */
export const serversBesideAgent = ({ task, folder }: Pick<Run, "task" | "folder">): readonly Server[] =>
  task.spec.node ? (folder.record.prepared?.servers ?? []) : [];

type ServerFiles = { output: string; transcript: string };

function serverFiles(runDir: string, agentStep: string): ServerFiles {
  const dir = join(runDir, serversStep(agentStep));
  return { output: join(dir, "output"), transcript: join(dir, "transcript.log") };
}

/** Makes the files of an agent's step that has servers beside it; undefined of any other. Again is fine. */
export function placeServerFiles(run: Run, agentStep: string): ServerFiles | undefined {
  if (serversBesideAgent(run).length === 0) return undefined;
  mkdirSync(join(run.folder.dir, serversStep(agentStep)), { recursive: true, mode: 0o700 });
  const files = serverFiles(run.folder.dir, agentStep);
  for (const file of Object.values(files)) closeSync(openSync(file, "a", 0o600));
  return files;
}

export type FollowedServers = {
  /** What they print, and the form of it that is shown. */
  file: string;
  transcript: string;
  /** The step is over: what is left to read is read, up to what anybody would. */
  close(): Promise<void>;
  /** What the step came to, where its agent never began because a server did not come up. */
  blaming(result: StepResult): Promise<StepResult>;
};

/** Keeps the transcript of what a step's servers print; undefined where it has none. */
export async function followServers(
  run: Run,
  agentStep: string,
  secrets: readonly string[],
): Promise<FollowedServers | undefined> {
  const { output, transcript: path } = serverFiles(run.folder.dir, agentStep);
  if (!existsSync(output)) return undefined;
  const [parser, splitter, blank] = [adapterFor("plain").parser(), lineSplitter(), secretBlanker(secrets)];
  const transcript = openTranscript(path);
  const write = (lines: ReturnType<typeof splitter.end>) => {
    for (const line of lines)
      for (const event of "text" in line
        ? parser.line(withoutSecrets(line.text, secrets))
        : [droppedLine(line.droppedBytes)])
        transcript.write(blank(event));
  };
  const follower = await followFile(output, (chunk) => write(splitter.push(chunk)));
  // What an earlier life of the host has not read.
  await follower.poke();
  return {
    file: output,
    transcript: path,
    async close() {
      await follower.poke();
      await follower.stop();
      write(splitter.end());
      await transcript.close();
    },
    async blaming(result) {
      if (result.kind !== "ended" || result.verdict.ok) return result;
      const message = notUp(await readTail(output, TAIL_BYTES), secrets);
      return message === undefined ? result : { ...result, verdict: { ok: false, reason: "crash", message } };
    },
  };
}

/** What the host's own line says of a server that did not come up, with the last that was printed. Undefined when all did. */
function notUp(printed: string, secrets: readonly string[]): string | undefined {
  const lines = printed.split("\n");
  const said = lines.findLast((line) => line.startsWith(HOST_SAYS));
  if (said === undefined) return undefined;
  const others = lines.filter((line) => line.startsWith("[")).join("\n");
  const last = cutStart(visibleText(redact(withoutSecrets(others, secrets))).trim(), LAST_WORDS);
  const what = visibleText(said.slice(HOST_SAYS.length));
  return last === "" ? what : `${what}\n${last}`;
}
