/**
 * What an agent's conversation comes to in tokens, turn by turn, without a model: what its host tells it, what it writes and what it is answered. Its
 * program sends all of the conversation with each turn, as every one that Orch drives does; what is served from a cache counts like the rest.
 */
import { z } from "zod";
import type { TaskSpec } from "../src/task/task-spec.ts";
import type { TalkRun } from "../workers/talk-back/tool.ts";
import { tools } from "../workers/talk-back/tools.ts";

/** A usual measure of English and of code. */
const CHARACTERS_PER_TOKEN = 4;
/** What an agent's program tells its model of itself and its own tools, in characters: less than any of those that Orch drives. */
const SYSTEM = 8_000;

/** The tools that the host offers in such a run, as MCP lists them. */
export function offeredTools(spec: Partial<TaskSpec>, record: object = {}): string {
  const talk = { run: { task: { spec }, folder: { record } } } as unknown as TalkRun;
  const offered = tools.filter(({ isFor }) => isFor?.(talk) ?? true);
  return JSON.stringify(
    offered.map(({ name, description, input }) => ({
      name,
      description,
      inputSchema: z.toJSONSchema(input, { io: "input" }),
    })),
  );
}

export type Conversation = ReturnType<typeof conversation>;

/** `offered`: what the host says of its tools. */
export function conversation(offered: string) {
  let [context, sent, turns] = [SYSTEM + offered.length, 0, 0];
  /** One turn: the model is sent all that there is by now, and writes; the answer to that stands in what is sent next. */
  const turn = (writes: string, answer: string): void => {
    turns += 1;
    sent += context + writes.length;
    context += writes.length + answer.length;
  };
  return {
    told(prompt: string): void {
      context += prompt.length;
    },
    /** A call of any tool. */
    call: (name: string, input: object, answer: string): void => turn(`${name}${JSON.stringify(input)}`, answer),
    says: (words: string): void => turn(words, ""),
    tokens: (): number => Math.round(sent / CHARACTERS_PER_TOKEN),
    turns: (): number => turns,
  };
}
