/**
 * What an agent, or a failed check, says about a line of a file, as GitHub shows it beside that line. Found in what they say in
 * any case: `src/sum.ts:12: the sign is wrong`. Pure; every text is hostile.
 */
import { progressOf, type Task } from "../task/task.ts";
import { oneLine } from "../text/bound.ts";
import { publishText } from "./publish-text.ts";

/** `line`: from 1. */
export type Annotation = { path: string; line: number; level: "notice" | "failure"; message: string };

/** GitHub takes fifty in one request; nobody reads so many. */
const MOST = 20;
const MAX_MESSAGE = 500;

/**
 * A path below the repository's root with an extension, and a line; a column may follow. Bounded parts, one after the other, so that
 * no text takes long.
 */
const PLACE =
  /(?<![\w./@-])(?:\.\/)?((?:[\w@+-][\w.@+-]{0,99}\/){0,12}[\w@+-][\w.@+-]{0,99}\.[A-Za-z]\w{0,9}):(\d{1,6})(?::\d{1,6})?(?![\w/])/g;

export function annotationsOf(task: Task): Annotation[] {
  const { state } = task;
  if (state.name !== "settled") return [];
  const { outcome } = state;
  const isFailure = outcome.kind === "verify_failed";
  const said = "lastWords" in outcome ? outcome.lastWords : (progressOf(task).lastLines ?? "");
  const printed = isFailure ? outcome.verification.outputTail : "";
  const all = [...placesIn(printed, "failure"), ...placesIn(said, "notice")];
  const distinct = new Map(all.map((each) => [`${each.path}:${each.line}`, each] as const).reverse());
  return [...distinct.values()].reverse().slice(0, MOST);
}

function placesIn(text: string, level: Annotation["level"]): Annotation[] {
  return text.split("\n").flatMap((line) =>
    [...line.matchAll(PLACE)].flatMap(([, path = "", number]) => {
      const message = oneLine(publishText(line), MAX_MESSAGE);
      const at = Number(number);
      // Dependencies are nobody's here, and `..` leads out of the repository.
      if (at === 0 || /(?:^|\/)(?:\.\.|node_modules)\//.test(path)) return [];
      return [{ path, line: at, level, message }];
    }),
  );
}
