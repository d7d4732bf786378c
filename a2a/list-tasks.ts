/** A program's tasks, newest first, in pages. */
import { type ListTasksRequest, type ListTasksResponse, TaskState } from "@a2a-js/sdk";
import { RequestMalformedError } from "@a2a-js/sdk/errors";
import type { Desk } from "../src/api/desk.ts";
import { Problem } from "../src/api/problem.ts";
import type { Caller } from "../src/api/tokens.ts";
import { a2aTask } from "./project.ts";

const MOST = 100;
const DEFAULT = 50;

/** What fits is looked for on one page: a page may be shorter than asked for, and another one follow. */
export async function listTasks(desk: Desk, caller: Caller, asked: ListTasksRequest): Promise<ListTasksResponse> {
  const { contextId, status, pageSize: wanted = DEFAULT, pageToken, statusTimestampAfter } = asked;
  if (wanted < 1 || wanted > MOST) throw new RequestMalformedError(`pageSize is 1 to ${MOST}.`);
  if (!/^\d{0,15}$/.test(pageToken)) throw new RequestMalformedError("pageToken is none of ours.");
  const before = pageToken === "" ? Number.MAX_SAFE_INTEGER : Number(pageToken);
  const ids = await desk.idsOf(caller.client, { before, limit: wanted });
  const found = await Promise.all(ids.map((id) => read(desk, caller, id)));
  const there = found.filter((each) => each !== undefined);
  const tasks = there
    .map(({ task }) => task)
    .filter((task) => contextId === "" || task.contextId === contextId)
    .filter((task) => status === TaskState.TASK_STATE_UNSPECIFIED || task.status?.state === status)
    .filter(
      (task) => !statusTimestampAfter || Date.parse(task.status?.timestamp ?? "") >= Date.parse(statusTimestampAfter),
    )
    .map((task) => (asked.includeArtifacts ? task : { ...task, artifacts: [] }));
  const oldest = there.at(-1)?.at;
  const nextPageToken = ids.length === wanted && oldest !== undefined ? String(oldest) : "";
  return { tasks, nextPageToken, pageSize: wanted, totalSize: await desk.countOf(caller.client) };
}

/** Undefined of one that is forgotten, or in a repository that the token is no longer for. */
async function read(desk: Desk, caller: Caller, id: string) {
  try {
    const { context, at } = await desk.own(caller, id);
    return { task: a2aTask(await desk.look(caller, id), context), at };
  } catch (error) {
    if (error instanceof Problem && error.code === "not_found") return undefined;
    throw error;
  }
}
