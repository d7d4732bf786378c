/** The talk-back of one run, with a record that is a list, and clients that are a real bridge or a bare socket. */
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import pino from "pino";
import { onTestFinished } from "vitest";
import type { Run, Shared } from "../../../workers/run/run.ts";
import { createRunFolder } from "../../../workers/run/run-folder.ts";
import { makeTalkBack } from "../../../workers/talk-back/talk-back.ts";
import { openTalkPlace, seenFrom } from "../../../workers/talk-back/talk-place.ts";

export const ORCH_AGENT = fileURLToPath(new URL("../../../workers/talk-back/orch-agent", import.meta.url));

/** A folder that goes with the test. */
export function testFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), "orch-talk-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** `env`: the host's. `whenTold`: resolves when the record takes the news. */
export type Options = { dir: string; env?: Record<string, string>; whenTold?: () => Promise<void> };

/** What the record was told stands in a file, line by line, so that several lives of a host can be asked. */
export function talkingHost({ dir, env = {}, whenTold = async () => undefined }: Options) {
  const place = openTalkPlace(dir);
  if (!place) throw new Error("there is no Perl on this machine");
  const told = join(dir, "told.jsonl");
  mkdirSync(join(dir, "runs"), { recursive: true });
  const store = {
    async advance(_: string, news: { progress: object }) {
      appendFileSync(told, `${JSON.stringify(news.progress)}\n`);
      await whenTold();
    },
    async say(_: unknown, { text }: { text: string }) {
      appendFileSync(told, `${JSON.stringify({ said: text })}\n`);
      await whenTold();
      return { nothingWaits: true };
    },
  };
  const shared = { talk: place, env, store } as unknown as Shared;
  const record = { taskId: "t234567abcdefghi", epoch: 1, jobId: "j", slot: 0, startedAt: 0, steps: [] };
  const folder = createRunFolder(join(dir, "runs"), record);
  const log = pino({ level: "silent" });
  const run = { folder, user: { slot: 0 }, log, task: { spec: { id: record.taskId } } } as unknown as Run;
  const seen = seenFrom({ name: "none", wrap: () => [] }, place, "t234567abcdefghi-1");
  return {
    talk: makeTalkBack(shared, () => run),
    run,
    folder,
    seen,
    socket: String(seen.env.ORCH_SOCKET),
    told: () =>
      existsSync(told)
        ? readFileSync(told, "utf8")
            .trimEnd()
            .split("\n")
            .map((line) => JSON.parse(line) as Record<string, unknown>)
        : [],
  };
}

export type Reply = {
  id?: string | number | null;
  method?: string;
  result?: { content?: { text: string }[]; isError?: boolean; tools?: { name: string }[] };
  error?: { code: number; message: string };
};

/** A client that speaks JSON-RPC by itself, as a hostile one would. `instance`: says that it is this bridge. */
export async function bareClient(path: string, instance?: string) {
  const socket: Socket = connect(path);
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  const replies: Reply[] = [];
  const listeners = new Set<() => void>();
  createInterface({ input: socket }).on("line", (line) => {
    replies.push(JSON.parse(line) as Reply);
    for (const listener of listeners) listener();
  });
  const client = {
    socket,
    ended,
    replies,
    say: (message: object) => socket.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`),
    call: (id: string | number, name: string, input: object) =>
      client.say({ id, method: "tools/call", params: { name, arguments: input } }),
    /** The first message that `isWanted` says so of. */
    async heard(isWanted: (reply: Reply) => boolean): Promise<Reply> {
      for (;;) {
        const found = replies.find(isWanted);
        if (found) return found;
        await new Promise<void>((resolve) => {
          const listener = () => {
            listeners.delete(listener);
            resolve();
          };
          listeners.add(listener);
        });
      }
    },
    reply: (id: string | number) => client.heard((each) => each.id === id),
    async greet() {
      const clientInfo = { name: "test", version: "1" };
      client.say({
        id: 0,
        method: "initialize",
        params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo },
      });
      await client.reply(0);
      client.say({ method: "notifications/initialized" });
    },
  };
  if (instance !== undefined) client.say({ method: "notifications/orch/bridge", params: { instance } });
  return client;
}

export const textOf = ({ result }: Reply): string => (result?.content ?? []).map(({ text }) => text).join("\n");
