/** Asks the bot as a worker host on its machine does: by the one socket in the folder where they meet. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { botSockets } from "../../src/task/bot-folder.ts";

/** `body`: text as it is, anything else as JSON. */
export async function askBot(folder: string, path: string, body: unknown, secret: string): Promise<Response> {
  const [socketPath] = await botSockets(folder);
  const headers = { authorization: `Bearer ${secret}` };
  const asking = request({ socketPath, path, method: "POST", headers, agent: false });
  asking.end(typeof body === "string" ? body : JSON.stringify(body));
  const [answer] = (await once(asking, "response")) as [IncomingMessage];
  return new Response(await text(answer), { status: answer.statusCode ?? 0 });
}
