/** A picture that renews itself: what it writes, which keys it hears, and that the terminal is as it was afterwards. */
import { EventEmitter, once } from "node:events";
import { expect, test, vi } from "vitest";
import { onScreen, type Picture, type Terminal } from "../../cli/screen.ts";

/** A terminal of so many columns and rows. What is written to it comes as an event, too. */
function fakeTerminal(columns: number, rows: number) {
  const [input, output] = [new EventEmitter(), new EventEmitter()];
  const written: string[] = [];
  const state = { raw: false, flowing: false };
  const terminal = {
    input: Object.assign(input, {
      setRawMode(raw: boolean) {
        state.raw = raw;
      },
      resume() {
        state.flowing = true;
      },
      pause() {
        state.flowing = false;
      },
    }),
    output: Object.assign(output, {
      columns,
      rows,
      write(text: string) {
        written.push(text);
        output.emit("written");
        return true;
      },
    }),
  };
  const frames = () => written.filter((text) => text.startsWith("\u001b[?2026h"));
  const shows = async (text: string) => {
    while (!frames().at(-1)?.includes(text)) await once(output, "written");
  };
  return { terminal: terminal as unknown as Terminal, input, output: terminal.output, written, frames, shows, state };
}

const NOW = () => Date.parse("2026-06-15T12:00:00Z");
const lines =
  (...all: string[]) =>
  async (): Promise<Picture> =>
  () =>
    all;
const quick = { everyMs: 5, now: NOW };

test("it writes over what was there, writes nothing where nothing has changed, and leaves the terminal as it was", async () => {
  const { terminal, input, written, frames, shows, state } = fakeTerminal(40, 5);
  let looks = 0;
  const seen = Promise.withResolvers<void>();
  const look = async (): Promise<Picture> => {
    looks += 1;
    if (looks === 5) seen.resolve();
    return () => ["one", "two"];
  };
  const over = onScreen(look, { terminal, ...quick });
  await shows("two");
  await seen.promise;
  expect(state).toEqual({ raw: true, flowing: true });
  input.emit("data", Buffer.from("q"));
  await over;
  expect(frames()).toHaveLength(2); // before the first look, and after
  expect(frames()[1]).toBe(
    "\u001b[?2026h\u001b[Hone\u001b[K\r\ntwo\u001b[K\r\n\u001b[K\r\n\u001b[K\r\nq ends  12:00:00 UTC\u001b[K\u001b[J\u001b[?2026l",
  );
  expect(written[0]).toBe("\u001b[?1049h\u001b[?25l");
  expect(written.at(-1)).toBe("\u001b[?25h\u001b[?1049l");
  expect(state).toEqual({ raw: false, flowing: false });
  expect(input.listenerCount("data")).toBe(0);
});

test("j and k move what does not fit, and another size is drawn at once", async () => {
  const { terminal, input, output, frames, shows } = fakeTerminal(40, 4);
  const over = onScreen(lines("a1", "a2", "a3", "a4", "a5"), { terminal, ...quick });
  await shows("a3");
  expect(frames().at(-1)).toContain("j/k move (2 below)");
  input.emit("data", "j");
  expect(frames().at(-1)).toContain("a4");
  expect(frames().at(-1)).not.toContain("a1");
  for (let times = 0; times < 9; times++) input.emit("data", "\u001b[B");
  expect(frames().at(-1)).toContain("a5");
  input.emit("data", "k");
  expect(frames().at(-1)).not.toContain("a5");
  output.rows = 10;
  output.emit("resize");
  for (const line of ["a1", "a5"]) expect(frames().at(-1)).toContain(line);
  input.emit("data", "\u0003");
  await over;
});

test("a look that fails leaves the last picture, says since when it is stale, and heals", async () => {
  const { terminal, input, frames, shows } = fakeTerminal(80, 5);
  const look = vi
    .fn<() => Promise<Picture>>()
    .mockResolvedValueOnce(() => ["fine"])
    .mockRejectedValueOnce(new Error("gone \u001b[2J away"))
    .mockResolvedValue(() => ["fine again"]);
  const over = onScreen(look, { terminal, ...quick });
  await shows("fine again");
  const stale = frames().find((frame) => frame.includes("STALE"));
  expect(stale).toContain("fine\u001b[K");
  expect(stale).toContain("STALE since 12:00:00: gone away");
  input.emit("data", "q");
  await over;
});

test("it ends while a look hangs", async () => {
  const { terminal, input, written } = fakeTerminal(80, 5);
  const over = onScreen(() => new Promise<Picture>(() => undefined), { terminal, ...quick });
  input.emit("data", "q");
  await over;
  expect(written.at(-1)).toBe("\u001b[?25h\u001b[?1049l");
});
