/**
 * A model's service on loopback for real agent programs: aimock speaks the providers' wire formats, this file says what
 * the model does. It writes given files by the agent's own tool, one a turn, and then says that it is done.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

/** The part of aimock 1.43 that is used; its own types are there only once the agents' programs are installed. */
type Request = { messages: { role: string; tool_calls?: unknown[] }[]; tools?: { function: { name: string } }[] };
type Mock = {
  url: string;
  on(match: { predicate: (request: Request) => boolean }, response: (request: Request) => object): void;
  start(): Promise<string>;
  stop(): Promise<void>;
  getRequests(): unknown[];
};
type Aimock = { LLMock: new (options: { port: number; host: string }) => Mock };

/** A file as the model writes it, relative to the agent's folder. */
export type Edit = { path: string; content: string };

export type Model = {
  /** Base URL for the agent's settings. */
  url: string;
  /** How many requests have arrived: a test that talked to nobody has proven nothing. */
  requests(): number;
  stop(): Promise<void>;
};

export type ModelOptions = {
  edits?: readonly Edit[];
  /** Say that it is done after each edit, and write the next one only when it is asked again. */
  oneEditPerPrompt?: boolean;
  /** Answer every request with this HTTP status in place of a model's turn. */
  failWith?: number;
};

/** Tokens of each turn, so that usage is known to a test. */
export const turnUsage = { input: 1_200, output: 34 };

const usage = {
  promptTokenCount: turnUsage.input,
  candidatesTokenCount: turnUsage.output,
  totalTokenCount: turnUsage.input + turnUsage.output,
};

/**
 * The calls that the conversation holds tell which edit is next. Not their results: Gemini CLI repeats those when it
 * takes up an earlier session.
 */
function turn({ messages }: Request, { edits = [], oneEditPerPrompt = false }: ModelOptions): object {
  const edit = edits[messages.filter(({ tool_calls: calls }) => calls?.length).length];
  const pauses = oneEditPerPrompt && messages.at(-1)?.role === "tool";
  if (!edit || pauses) return { content: "Done: the tests should pass now.", usage };
  const parameters = { file_path: edit.path, content: edit.content };
  return {
    content: `I will write ${edit.path}.`,
    toolCalls: [{ name: "write_file", arguments: JSON.stringify(parameters) }],
    usage,
  };
}

/** Starts the service on a free port of 127.0.0.1. */
export async function startModel(options: ModelOptions = {}): Promise<Model> {
  const { failWith } = options;
  const { LLMock } = createRequire(import.meta.url)("@copilotkit/aimock") as Aimock;
  const mock = new LLMock({ port: 0, host: "127.0.0.1" });
  const failure = {
    error: { message: "refused by the test", type: "error", code: String(failWith) },
    status: failWith,
  };
  mock.on({ predicate: () => true }, (request) => (failWith === undefined ? turn(request, options) : failure));
  await mock.start();
  return { url: mock.url, requests: () => mock.getRequests().length, stop: () => mock.stop() };
}

/** What a good model would write into the sample repository (demo/sample-repository). */
export async function sampleRepairs(): Promise<Edit[]> {
  const repairs = [
    { path: "src/order.js", wrong: "sum + (sum * discountPercent)", right: "sum - (sum * discountPercent)" },
    { path: "src/pages.js", wrong: "Math.floor(items", right: "Math.ceil(items" },
  ];
  return Promise.all(
    repairs.map(async ({ path, wrong, right }) => {
      const source = await readFile(new URL(`../../demo/sample-repository/${path}`, import.meta.url), "utf8");
      const content = source.replace(wrong, right);
      if (content === source) throw new Error(`${path} no longer has the bug "${wrong}"`);
      return { path, content };
    }),
  );
}
