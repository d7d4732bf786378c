/**
 * A model's service on loopback for real agent programs: aimock speaks the providers' wire formats, this file says what
 * the model does. It writes given files by the agent's own tool, one a turn, and then says that it is done; or it does what a test says.
 */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";

/** The part of aimock 1.43 that is used; its own types are there only once the agents' programs are installed. */
type Message = { role: string; content?: unknown; tool_calls?: { function: { name: string } }[] };
type Request = { messages: Message[]; tools?: { function: { name: string } }[] };
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

/** What the model does next: it says something, and calls a tool or is done. */
export type Turn = { says?: string; calls?: string; with?: object };

/** What a model has to go by. */
export type Seen = {
  /** The names of the tools that are offered. */
  tools: string[];
  /** Those that the conversation holds calls of, in their order. */
  called: string[];
  /** What came last, as text: a tool's result or what it is asked. */
  last: string;
  lastIsResult: boolean;
};

export type Model = {
  /** Base URL for the agent's settings. */
  url: string;
  /** How many requests have arrived: a test that talked to nobody has proven nothing. */
  requests(): number;
  /** Everything that it was sent, as text. */
  heard(): string;
  stop(): Promise<void>;
};

export type ModelOptions = {
  /** What it does, in place of writing `edits`. */
  turn?: (seen: Seen) => Turn;
  edits?: readonly Edit[];
  /** Say that it is done after each edit, and write the next one only when it is asked again. */
  oneEditPerPrompt?: boolean;
  /** Answer every request with this HTTP status in place of a model's turn. */
  failWith?: number;
  /** An address of this machine's loopback. */
  host?: string;
};

/** A model that halts before its answer, or in the middle of it, until it is told to go on. */
export type HaltingModel = Model & {
  /** Resolves when it halts for the first time. */
  halted: Promise<void>;
  /** Says the rest; later answers come in one go. */
  goOn(): void;
  /** How many answers found nobody to hear their end. */
  cut(): number;
};

/** Tokens of each turn, so that usage is known to a test. */
export const turnUsage = { input: 1_200, output: 34 };

const usage = {
  promptTokenCount: turnUsage.input,
  candidatesTokenCount: turnUsage.output,
  totalTokenCount: turnUsage.input + turnUsage.output,
  // As Anthropic names them.
  input_tokens: turnUsage.input,
  output_tokens: turnUsage.output,
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

function seenIn({ messages, tools = [] }: Request): Seen {
  const last = messages.at(-1);
  const content = last?.content ?? "";
  return {
    tools: tools.map((tool) => tool.function.name),
    called: messages.flatMap(({ tool_calls: calls = [] }) => calls.map((call) => call.function.name)),
    last: typeof content === "string" ? content : JSON.stringify(content),
    lastIsResult: last?.role === "tool",
  };
}

function answerOf({ says = "", calls, with: parameters = {} }: Turn): object {
  const toolCalls = calls === undefined ? undefined : [{ name: calls, arguments: JSON.stringify(parameters) }];
  return { content: says, ...(toolCalls && { toolCalls }), usage };
}

/** Starts the service on a free port. */
export async function startModel(options: ModelOptions = {}): Promise<Model> {
  const { failWith, host = "127.0.0.1", turn: takeTurn } = options;
  const { LLMock } = createRequire(import.meta.url)("@copilotkit/aimock") as Aimock;
  const mock = new LLMock({ port: 0, host });
  const failure = {
    error: { message: "refused by the test", type: "error", code: String(failWith) },
    status: failWith,
  };
  // The mock's own journal cuts long requests.
  const heard: string[] = [];
  mock.on({ predicate: () => true }, (request) => {
    heard.push(JSON.stringify(request));
    if (failWith !== undefined) return failure;
    return takeTurn ? answerOf(takeTurn(seenIn(request))) : turn(request, options);
  });
  await mock.start();
  return {
    url: mock.url,
    requests: () => mock.getRequests().length,
    heard: () => heard.join("\n"),
    stop: () => mock.stop(),
  };
}

/** Something stands before the service and holds answers back, because the service can be slow but cannot be told to go on. */
export async function startHaltingModel(
  where: "before its answer" | "in its answer",
  options: ModelOptions = {},
): Promise<HaltingModel> {
  const { host = "127.0.0.1" } = options;
  const model = await startModel(options);
  const halted = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let cut = 0;
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.once("close", () => {
      if (!response.writableFinished) cut += 1;
    });
    const { method = "GET", headers } = request;
    const asked = request.pipe(httpRequest(`${model.url}${request.url}`, { method, headers, agent: false }));
    const [whole] = (await once(asked, "response")) as [IncomingMessage];
    const text = (await whole.setEncoding("utf8").toArray()).join("");
    const { "content-length": _length, "transfer-encoding": _coding, ...kept } = whole.headers;
    // After the first of its server-sent events, or before everything.
    const half = where === "in its answer" ? text.indexOf("\n\n") + 2 : 0;
    const begin = () => response.writeHead(whole.statusCode ?? 500, kept).write(text.slice(0, half));
    if (half > 0) begin();
    halted.resolve();
    await released.promise;
    if (half === 0) begin();
    response.end(text.slice(half));
  }
  const front = createServer((request, response) => void answer(request, response)).listen(0, host);
  await once(front, "listening");
  return {
    url: `http://${host}:${(front.address() as AddressInfo).port}`,
    requests: model.requests,
    heard: model.heard,
    halted: halted.promise,
    goOn: released.resolve,
    cut: () => cut,
    async stop() {
      front.close();
      front.closeAllConnections();
      await model.stop();
    },
  };
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
