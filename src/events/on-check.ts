/** Somebody asked for a check of ours to run again, or pressed one of its buttons. */
import type { Delivery } from "../ingress/ingress.ts";
import type { CheckRunPayload, CheckSuitePayload } from "../ingress/payloads.ts";
import type { Request } from "../intake/request.ts";
import { pullNumberOf } from "../task/branch.ts";
import { isCheckButton } from "../task/check-buttons.ts";
import type { TaskStore } from "../task/store.ts";
import type { Task } from "../task/task.ts";
import { type AskDeps, ask } from "./written.ts";

export type CheckDeps = AskDeps & { store: TaskStore };

export const onCheckRunRerequested =
  (deps: CheckDeps) =>
  async ({ check_run, ...event }: CheckRunPayload, delivery: Delivery): Promise<void> =>
    await again(deps, { ...event, taskId: check_run.external_id }, delivery);

export const onCheckButton =
  (deps: CheckDeps) =>
  async ({ check_run, requested_action, ...event }: CheckRunPayload, delivery: Delivery): Promise<void> => {
    const what = requested_action?.identifier;
    if (isCheckButton(what)) await hear(deps, { ...event, taskId: check_run.external_id, what }, delivery);
  };

/** Of the tasks with a check on the commit the newest. */
export const onCheckSuiteRerequested =
  (deps: CheckDeps) =>
  async ({ check_suite, ...event }: CheckSuitePayload, delivery: Delivery): Promise<void> => {
    const taskId = await deps.store.checkedOn(event.repository.id, check_suite.head_sha);
    await again(deps, { ...event, taskId }, delivery);
  };

/**
 * GitHub takes back the conclusion of the whole suite, whatever becomes of the request, and gives it one again when a check run of it is
 * updated: so the task's own is shown anew.
 */
async function again(deps: CheckDeps, asked: Omit<Pressed, "what">, delivery: Delivery): Promise<void> {
  const taskId = await hear(deps, { ...asked, what: "retry" }, delivery);
  if (taskId !== undefined) await deps.store.doubt(taskId, { token: delivery.digest() }, deps.now());
}

type Pressed = Pick<CheckRunPayload, "installation" | "repository" | "sender"> & {
  taskId: string | null | undefined;
  what: "retry" | "cancel";
};

/** Id of the task that is meant, where there is one. */
async function hear(deps: CheckDeps, pressed: Pressed, delivery: Delivery): Promise<string | undefined> {
  const { installation, repository, sender, taskId, what } = pressed;
  const task = taskId == null ? undefined : await deps.store.read(taskId);
  if (task?.spec.repository.id !== repository.id) {
    // Ours are kept for ninety days after their end.
    deps.log.info(
      { delivery: delivery.id, task: taskId },
      "a check of a task that is not known any more: nothing to do",
    );
    return undefined;
  }
  const { id } = task.spec;
  if (sender.type !== "User") return id;
  const request = {
    installationId: installation.id,
    repository,
    ...placeOf(task),
    source: { kind: "check" as const, digest: delivery.digest() },
    commands: [{ line: 0, kind: what, task: id }],
    // GitHub does not say when a button was pressed.
    requestedAt: deps.now(),
  };
  await ask(deps, request, sender, delivery);
  return id;
}

/** Where the work goes on: on the pull request that came of it. */
function placeOf({ spec, pullRequest }: Task): Pick<Request, "number" | "on"> {
  const number = pullRequest?.number ?? pullNumberOf(spec);
  return number === undefined ? { number: spec.number, on: "issue" } : { number, on: "pull" };
}
