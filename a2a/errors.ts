/** What stands in a program's way, in A2A's words. */
import { A2AError, RequestMalformedError, TaskNotFoundError } from "@a2a-js/sdk/errors";
import type { A2ARequestHandler } from "@a2a-js/sdk/server";
import { Problem } from "../src/api/problem.ts";
import type { Logger } from "../src/log.ts";

/** A sentence of ours stays one; what nobody foresaw is told to the log, and not to strangers. */
function inA2a(error: unknown, log: Logger): Error {
  if (error instanceof A2AError) return error;
  if (!(error instanceof Problem)) {
    log.warn({ err: error }, "a program's call by A2A failed");
    return new Error("Something went wrong here.");
  }
  if (error.code === "unavailable") log.warn({ err: error.cause ?? error }, "a program's call by A2A failed");
  return error.code === "not_found" ? new TaskNotFoundError(error.message) : new RequestMalformedError(error.message);
}

type Method = (...given: never[]) => unknown;

/** The same handler, whose errors are A2A's. */
export function inWords(handler: A2ARequestHandler, log: Logger): A2ARequestHandler {
  const one =
    (method: Method) =>
    async (...given: never[]) => {
      try {
        return await method(...given);
      } catch (error) {
        throw inA2a(error, log);
      }
    };
  const stream = (method: Method) =>
    async function* (...given: never[]) {
      try {
        yield* method(...given) as AsyncGenerator<unknown>;
      } catch (error) {
        throw inA2a(error, log);
      }
    };
  const { sendMessageStream, resubscribe, ...others } = handler;
  const all = Object.entries(others).map(([name, method]) => [name, one(method as Method)]);
  return {
    ...(Object.fromEntries(all) as typeof others),
    sendMessageStream: stream(sendMessageStream as Method) as typeof sendMessageStream,
    resubscribe: stream(resubscribe as Method) as typeof resubscribe,
  };
}
