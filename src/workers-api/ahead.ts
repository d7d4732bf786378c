/**
 * Asks GitHub ahead: what the run of a just accepted task will want to know is begun while the task's job is still on its
 * way to a host, and handed out once, to that run, within seconds. Only time is saved by it: what failed, is too old or was
 * never begun (another bot took the comment in) is asked for when the run asks, as if this file did not exist.
 *
 * Bounded, so that a flood of commands does not double what is asked of GitHub. Tokens stay in memory.
 */
import type { Logger } from "../log.ts";
import type { ContextResponse, TokenResponse } from "../task/host-api.ts";
import type { TaskSpec } from "../task/task-spec.ts";

/** What a run asks for first. The token reads only: one that can push is never made ahead. */
type Answers = { token: TokenResponse; context: ContextResponse };

export type Ahead = {
  /** Begins both in the background, when there is room; once per task. Never throws. */
  begin(spec: TaskSpec): void;
  /** What was begun for the task, once; undefined when it is to be asked for now. Never rejects. */
  take<What extends keyof Answers>(taskId: string, what: What): Promise<Answers[What] | undefined>;
};

export type AheadDeps = {
  give: { [What in keyof Answers]: (spec: TaskSpec) => Promise<Answers[What]> };
  /** Unix ms. */
  now: () => number;
  log: Logger;
};

/**
 * So long is it handed out, ms after it was begun; a job that finds a free host takes a fraction of that. The token comes with
 * where the branches stand: a run that had to wait for a slot may follow one that has just pushed to the same pull request.
 */
export const KEPT_MS = { token: 2_000, context: 10_000 } as const;
/** Tasks whose answers are kept or under way. */
export const TASKS_AT_ONCE = 8;

type Begun = { at: number; answers: { [What in keyof Answers]?: Promise<Answers[What] | undefined> }; end: () => void };

export function makeAhead({ give, now, log }: AheadDeps): Ahead {
  const begun = new Map<string, Begun>();

  function begin(spec: TaskSpec): void {
    if (begun.size >= TASKS_AT_ONCE) return;
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const task: Begun = { at: now(), answers: {}, end };
    const inVain = (what: keyof Answers) => (error: unknown) => {
      log.info({ err: error, task: spec.id, what }, "asked ahead in vain: the run asks again");
      return undefined;
    };
    const token = give.token(spec).catch(inVain("token"));
    const context = give.context(spec).catch(inVain("context"));
    task.answers = { token, context };
    begun.set(spec.id, task);
    const timer = setTimeout(end, Math.max(...Object.values(KEPT_MS))).unref();
    // What is still under way takes up its place, however old it is.
    void Promise.all([ended, token, context]).then(() => {
      clearTimeout(timer);
      begun.delete(spec.id);
    });
  }

  async function take<What extends keyof Answers>(taskId: string, what: What): Promise<Answers[What] | undefined> {
    const task = begun.get(taskId);
    if (!task) return undefined;
    const answer = task.answers[what];
    forget(task, what);
    // The timer alone would not do: it stands still while the machine sleeps.
    return now() - task.at < KEPT_MS[what] ? await answer : undefined;
  }

  return { begin, take };
}

/** The place is free once both are forgotten. */
function forget({ answers, end }: Begun, what: keyof Answers): void {
  delete answers[what];
  if (!answers.token && !answers.context) end();
}
