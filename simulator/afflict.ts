/** Carries out faults: instead of an answer, before it, or after what was asked for has been done. */
import { ServerResponse } from "node:http";
import type { Actor } from "./auth/actor.ts";
import type { ApiDelay, ApiFaultAction, ApiLate, Taken } from "./faults.ts";
import { answerGit, type GitCall, overhearGit } from "./git-access.ts";
import { type Asked, hear } from "./hear.ts";
import { readBody } from "./read-body.ts";
import { answer, answerHeard, overhear } from "./rest.ts";
import type { World } from "./world.ts";

/** A REST call, or one of git. */
export type ApiCall = { world: World; asked: Asked; gitCall: GitCall | undefined; response: ServerResponse };

type Wait = ApiDelay | ApiLate;
const isDelay = (action: ApiFaultAction): action is ApiDelay =>
  typeof action === "object" && ("slowMs" in action || "until" in action);
const isLate = (action: ApiFaultAction): action is ApiLate =>
  typeof action === "object" && ("lateMs" in action || "lands" in action);

/** Until the time has come, or `closing` comes first. */
function pause(wait: Wait, closing: AbortSignal): Promise<void> {
  const ms = "slowMs" in wait ? wait.slowMs : "lateMs" in wait ? wait.lateMs : undefined;
  const until = "until" in wait ? wait.until : "lands" in wait ? wait.lands : undefined;
  return new Promise((resolve) => {
    const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
    until?.then(
      () => resolve(),
      () => resolve(),
    );
    closing.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Answers the call as it should be. */
export async function answerCall({ world, asked, gitCall, response }: ApiCall): Promise<Actor> {
  if (gitCall) return answerGit(world, asked.request, response, gitCall, asked.url);
  const { reply, actor } = await answer(world, asked);
  response.writeHead(reply.status, reply.headers).end(reply.content);
  return actor;
}

/** Longer than any push of a test. */
const mostBytes = 100 * 1024 * 1024;

/** Reads the whole request first; what it asks for is then done whether or not somebody still waits for the answer. */
async function answerLate(call: ApiCall, wait: ApiLate, closing: AbortSignal, landed: () => void): Promise<Actor> {
  const { world, asked, gitCall, response } = call;
  const body = gitCall ? await readBody(asked.request, mostBytes) : undefined;
  const heard = gitCall ? undefined : await hear(world, asked);
  await pause(wait, closing);
  if (closing.aborted) return { kind: "anonymous" };
  if (gitCall) {
    const actor = await answerGit(world, asked.request, response, gitCall, asked.url, body);
    landed();
    return actor;
  }
  const { reply, actor } = await answerHeard(world, asked, heard);
  landed();
  response.writeHead(reply.status, reply.headers).end(reply.content);
  return actor;
}

/** Does what was asked for, with an answer that nobody gets. */
async function answerNobody(call: ApiCall): Promise<Actor> {
  const actor = await answerCall({ ...call, response: new ServerResponse(call.asked.request) });
  call.response.socket?.resetAndDestroy();
  return actor;
}

/** Stands in place of the answer. */
function instead(response: ServerResponse, action: Exclude<ApiFaultAction, Wait | "lost">): void {
  if (action === "hang") return;
  if (action === "reset") {
    response.socket?.resetAndDestroy();
    return;
  }
  const body = action.body ?? { message: `Injected fault ${action.status}` };
  const type = typeof body === "string" ? "text/plain; charset=utf-8" : "application/json; charset=utf-8";
  response.writeHead(action.status, { "content-type": type, ...action.headers });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

/** Lets the fault have its way with the call. Tells who called. */
export async function afflict(call: ApiCall, { action, landed }: Taken, closing: AbortSignal): Promise<Actor> {
  const { world, asked, gitCall, response } = call;
  if (isLate(action)) return answerLate(call, action, closing, landed);
  if (action === "lost") {
    const actor = await answerNobody(call);
    landed();
    return actor;
  }
  if (isDelay(action)) {
    await pause(action, closing);
    return answerCall(call);
  }
  const actor = gitCall ? overhearGit(world, asked.request) : await overhear(world, asked);
  instead(response, action);
  return actor;
}
