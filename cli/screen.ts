/**
 * A picture that renews itself in a terminal, without flicker: on the terminal's other screen, each line written over the old one, and nothing where
 * nothing has changed. q ends it; j and k move what is shown. Whatever ends it, the terminal is as it was.
 */
import { setTimeout as delay } from "node:timers/promises";
import { bare } from "../src/text/quote.ts";
import { toWidth } from "./table.ts";

type Input = Pick<NodeJS.ReadStream, "on" | "off" | "resume" | "pause" | "setRawMode">;
type Output = Pick<NodeJS.WriteStream, "on" | "off" | "write" | "columns" | "rows">;
export type Terminal = { input: Input; output: Output };

const [OPEN, CLOSE] = ["\u001b[?1049h\u001b[?25l", "\u001b[?25h\u001b[?1049l"];
/** Terminals that know it show all of this at once. */
const [BEGIN, END] = ["\u001b[?2026h\u001b[H", "\u001b[J\u001b[?2026l"];
const [COLUMNS, ROWS] = [80, 24];
/** A look that takes longer is told of, ms. */
const STALE_MS = 5_000;

const ownTerminal = (): Terminal => ({ input: process.stdin, output: process.stdout });

export type Picture = (width: number) => string[];

/** Resolves when somebody ends it. `look`: gives the picture as it is now; one that fails leaves the last one, and says so. */
export async function onScreen(
  look: () => Promise<Picture>,
  {
    terminal = ownTerminal(),
    everyMs = 1_000,
    now = Date.now,
  }: { terminal?: Terminal; everyMs?: number; now?: () => number } = {},
): Promise<void> {
  const { input, output } = terminal;
  const over = new AbortController();
  let [picture, at, trouble, top, shown]: [Picture, number, string, number, string] = [() => ["…"], now(), "", 0, ""];

  function draw(): void {
    const [columns, rows] = [output.columns || COLUMNS, output.rows || ROWS];
    const lines = picture(columns);
    top = Math.max(0, Math.min(top, lines.length - (rows - 1)));
    const visible = lines.slice(top, top + rows - 1);
    const clock = new Date(at).toISOString().slice(11, 19);
    const stale = trouble === "" ? clock : `STALE since ${clock}: ${bare(trouble, 200)}`;
    const below = lines.length - top - visible.length;
    const foot = toWidth(
      `q ends${lines.length > visible.length ? `, j/k move (${below} below)` : ""}  ${stale} UTC`,
      columns,
    );
    const filled = [...visible, ...Array<string>(Math.max(0, rows - 1 - visible.length)).fill(""), foot];
    const text = filled.join("\u001b[K\r\n");
    if (text === shown) return;
    output.write(`${BEGIN}${text}\u001b[K${END}`);
    shown = text;
  }

  const move = (by: number) => {
    top = Math.max(0, top + by);
    draw();
  };
  const onKey = (key: Buffer | string) => {
    const name = String(key);
    if (name === "q" || name === "\u0003" || name === "\u0004") over.abort();
    else if (name === "j" || name === "\u001b[B") move(1);
    else if (name === "k" || name === "\u001b[A") move(-1);
    else if (name === " ") move((output.rows || ROWS) - 2);
  };
  const onResize = () => {
    shown = "";
    draw();
  };
  const onSignal = () => over.abort();

  output.write(OPEN);
  input.setRawMode(true);
  input.resume();
  input.on("data", onKey);
  output.on("resize", onResize);
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, onSignal);
  try {
    draw();
    while (!over.signal.aborted) {
      const seen = await lookInTime(look, over.signal, (words) => {
        trouble = words;
        draw();
      });
      if (seen) [picture, at, trouble] = [seen, now(), ""];
      if (!over.signal.aborted) draw();
      await delay(everyMs, undefined, { signal: over.signal }).catch(() => undefined);
    }
  } finally {
    input.off("data", onKey);
    output.off("resize", onResize);
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.off(signal, onSignal);
    input.setRawMode(false);
    input.pause();
    output.write(CLOSE);
  }
}

/** Undefined when it failed, or when nobody waits for it any more. */
async function lookInTime(
  look: () => Promise<Picture>,
  signal: AbortSignal,
  tell: (words: string) => void,
): Promise<Picture | undefined> {
  const timer = setTimeout(() => tell("Redis does not answer"), STALE_MS);
  const aborted = Promise.withResolvers<undefined>();
  const onAbort = () => aborted.resolve(undefined);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([look(), aborted.promise]);
  } catch (error) {
    tell(error instanceof Error ? error.message : String(error));
    return undefined;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}
