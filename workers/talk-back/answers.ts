/**
 * The latest answers of a run, in a file of its folder: a bridge that lost its host sends again what it had no answer to, and the
 * host's next life then answers what has been answered already, without doing it twice. Bounded in number and size; each
 * is appended as it is given, and the file written anew when it has grown too long.
 */
import { appendFileSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** A bridge has fewer requests than this under way. */
const MAX_ANSWERS = 64;
const MAX_BYTES = 256 * 1024;
const MAX_FILE_BYTES = 2 * MAX_BYTES;

const answerShape = z.object({ key: z.string(), text: z.string(), refused: z.boolean().optional() });

/** `refused`: the model has to correct something. */
export type Answer = { text: string; refused?: boolean | undefined };

export type Answers = {
  find(key: string): Answer | undefined;
  /** @throws what the disk throws; the answer is known all the same */
  keep(key: string, answer: Answer): void;
};

/** `dir`: the run's folder. */
export function openAnswers(dir: string): Answers {
  const path = join(dir, "talk-answers.jsonl");
  const known = new Map<string, Answer>();
  let bytes = 0;

  const remember = (key: string, answer: Answer) => {
    forget(key);
    known.set(key, answer);
    bytes += sizeOf(key, answer);
    for (const oldest of known.keys()) {
      if (known.size <= MAX_ANSWERS && bytes <= MAX_BYTES) break;
      forget(oldest);
    }
  };
  const forget = (key: string) => {
    const answer = known.get(key);
    if (answer) bytes -= sizeOf(key, answer);
    known.delete(key);
  };

  const lines = readLines(path);
  for (const { key, ...answer } of lines) remember(key, answer);
  let fileBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;

  return {
    find: (key) => known.get(key),
    keep(key, answer) {
      remember(key, answer);
      const line = lineOf(key, answer);
      if (fileBytes + line.length <= MAX_FILE_BYTES) {
        appendFileSync(path, line, { mode: 0o600 });
        fileBytes += line.length;
        return;
      }
      const all = [...known].map(([each, given]) => lineOf(each, given)).join("");
      writeFileSync(`${path}.new`, all, { mode: 0o600 });
      renameSync(`${path}.new`, path);
      fileBytes = all.length;
    },
  };
}

const sizeOf = (key: string, { text }: Answer): number => key.length + text.length;
/** Begins a line of its own: what was cut off by a crash spoils nothing but itself. */
const lineOf = (key: string, answer: Answer): string => `\n${JSON.stringify({ key, ...answer })}`;

function readLines(path: string): z.output<typeof answerShape>[] {
  if (!statSync(path, { throwIfNoEntry: false })) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .flatMap((line) => readLine(line) ?? []);
}

/** Undefined for one that a crash cut off. */
function readLine(line: string): z.output<typeof answerShape> | undefined {
  try {
    return answerShape.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
