/**
 * The one place where the worker host starts programs: an argument array, never a shell; an environment built from
 * nothing; an end that always comes. A non-zero exit is a value, only "could not be started" is an error.
 */
import { execa, type Options } from "execa";

/** What to run. `env` is the program's whole environment: nothing of the host's own is added. */
export type Program = {
  /** Absolute path, or a name looked up in `env.PATH` (without PATH: in /usr/bin and /bin). */
  file: string;
  args: readonly string[];
  cwd?: string;
  env: Record<string, string>;
  /** After this long the program and its process group are ended, even if only a descendant still holds its output. */
  timeoutMs: number;
  /** Becomes the standard input; without it the program reads an empty one. */
  input?: string;
  /** The descriptor of an open file that becomes the standard input, in place of `input`. */
  inputFile?: number;
  /** The descriptor of an open file that takes the standard output; `Finished.stdout` is empty then. */
  outputFile?: number;
  /** Per stream. A program that writes more is ended; `truncated` says so. Default: 10 MB. */
  maxOutputBytes?: number;
  /** Aborting ends the program and its process group. */
  signal?: AbortSignal;
};

/** How it ended. `exitCode` is missing when a signal ended it. Output is decoded as UTF-8, bad bytes replaced. */
export type Finished = {
  exitCode: number | undefined;
  signal?: string;
  stdout: string;
  stderr: string;
  timedOut: boolean;
  /** The program was ended because it wrote more than `maxOutputBytes`. */
  truncated: boolean;
};

/** The program could not be started: not found, not executable, no such working directory, an argument with a NUL. */
export class ProgramError extends Error {
  override name = "ProgramError";
}

const DEFAULT_MAX_OUTPUT_BYTES = 10_000_000;
/** Between SIGTERM and SIGKILL. Long enough for git to remove its lock files. */
const KILL_AFTER_MS = 2_000;
/** After SIGKILL, how long a stranger (a daemon in a session of its own) may hold the output before we let go of it. */
const LET_GO_AFTER_MS = 500;

/** Never throws for a non-zero exit; throws `ProgramError` (cause kept) only when the program cannot be started. */
export async function runProgram(program: Program): Promise<Finished> {
  const child = launch(program.file, program.args, {
    ...shared(program),
    stdin: program.input === undefined ? (descriptor(program.inputFile) ?? "ignore") : "pipe",
    stdout: descriptor(program.outputFile) ?? "pipe",
    ...(program.input === undefined ? {} : { input: program.input }),
    timeout: program.timeoutMs,
    ...(program.signal === undefined ? {} : { cancelSignal: program.signal }),
    maxBuffer: program.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES,
    encoding: "buffer",
    stripFinalNewline: false,
  });
  const letGo = letGoOfOutput(program, () => {
    child.stdout?.destroy();
    child.stderr?.destroy();
  });
  const result = await child.finally(letGo);
  const stopped = result.timedOut || result.isCanceled || result.isMaxBuffer;
  // The leader may have gone at SIGTERM while another of its group ignored it.
  if (stopped) child.kill("SIGKILL");
  if (!stopped && result.exitCode === undefined && result.signal === undefined) throw notStarted(program.file, result);
  return {
    exitCode: result.exitCode,
    ...(result.signal === undefined ? {} : { signal: result.signal }),
    stdout: decode(result.stdout),
    stderr: decode(result.stderr),
    timedOut: result.timedOut,
    truncated: result.isMaxBuffer,
  };
}

/** A program that we talk to over its standard streams for as long as both live. */
export type Conversation = {
  write(line: string): void;
  /** Calls back per line of its output, without the newline. */
  onLine(listener: (line: string) => void): void;
  /** Resolves once it is gone, however it ended; never rejects. The text is the tail of its error output. */
  ended: Promise<string>;
  end(): void;
};

/** Starts a program for a dialogue in lines. Whatever fails, including the start, shows as `ended`. */
export function converse(program: Pick<Program, "file" | "args" | "cwd" | "env">): Conversation {
  const child = launch(program.file, program.args, {
    ...shared(program),
    buffer: { stdout: false, stderr: true },
    stdin: "pipe",
  });
  // A write after the other side went away must not end the host; `ended` tells of it.
  child.stdin?.on("error", () => {});
  let rest = "";
  return {
    write: (line) => void child.stdin?.write(`${line}\n`),
    onLine(listener) {
      child.stdout?.setEncoding("utf8");
      child.stdout?.on("data", (chunk: string) => {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        lines.forEach(listener);
      });
    },
    ended: child.then(
      (result) => String(result.stderr || (result.failed ? result.shortMessage : "")).slice(-2_000),
      (error: Error) => error.message,
    ),
    end: () => void child.kill("SIGTERM"),
  };
}

function launch<const O extends Options>(file: string, args: readonly string[], options: O) {
  try {
    return execa(file, args, options);
  } catch (error) {
    // execa throws at once for arguments that no program can receive, such as one with a NUL byte.
    throw new ProgramError(`cannot start ${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** execa takes any open descriptor; its types know the first ten. */
const descriptor = (file: number | undefined) => file as 3 | undefined;

function shared(program: Pick<Program, "cwd" | "env">) {
  return {
    ...(program.cwd === undefined ? {} : { cwd: program.cwd }),
    env: program.env,
    extendEnv: false,
    reject: false,
    killDescendants: true,
    forceKillAfterDelay: KILL_AFTER_MS,
  } as const;
}

/** Lets go of the output some time after the program had to be stopped. Returns what disarms it. */
function letGoOfOutput(program: Program, letGo: () => void): () => void {
  const grace = KILL_AFTER_MS + LET_GO_AFTER_MS;
  const timers = [setTimeout(letGo, program.timeoutMs + grace)];
  const onAbort = () => void timers.push(setTimeout(letGo, grace));
  if (program.signal?.aborted) onAbort();
  program.signal?.addEventListener("abort", onAbort, { once: true });
  return () => {
    timers.forEach(clearTimeout);
    program.signal?.removeEventListener("abort", onAbort);
  };
}

function notStarted(file: string, cause: unknown): ProgramError {
  const { code, originalMessage, shortMessage } = cause as {
    code?: string;
    originalMessage?: string;
    shortMessage: string;
  };
  return new ProgramError(`cannot start ${file}: ${code ?? originalMessage ?? shortMessage}`, { cause });
}

function decode(output: unknown): string {
  return output instanceof Uint8Array ? new TextDecoder().decode(output) : "";
}
