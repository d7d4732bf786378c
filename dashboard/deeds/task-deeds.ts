/**
 * What can be done about a task. Each deed is the command that a person would have given in a comment, and goes through the same door: so it is permitted,
 * carried out, noted down and told on GitHub as that is. What is said to it is shown on the task's page.
 */
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import type { Command } from "../../src/command/command.ts";
import { REQUEST_SETTINGS, SETTING_NAMES, type Settings } from "../../src/command/verbs.ts";
import { requestOfDashboard } from "../../src/events/on-dashboard.ts";
import { requestNameOf } from "../../src/intake/request.ts";
import { MAX_MESSAGE } from "../../src/task/message-shape.ts";
import { isProposalName } from "../../src/task/proposal.ts";
import type { Task } from "../../src/task/task.ts";
import { isTaskId } from "../../src/task/task-id.ts";
import type { DashboardDeps } from "../deps.ts";
import { problemPage } from "../door/door-pages.ts";
import type { Answer, DashboardRoute, Viewer, Visit } from "../visit.ts";
import { deedKey, formKeyOf, LINE } from "./form-key.ts";

type Deps = Pick<DashboardDeps, "redis" | "store" | "inbox" | "callers" | "wakeIntake" | "isFit" | "now">;

/** So long whoever asks waits for what is said to it; the page shows it later as well. GitHub is asked for a permission before. */
const WAIT_MS = 3_000;
const LOOK_MS = 50;

const text = z.string().trim().min(1).max(MAX_MESSAGE);
const proposal = z.string().refine(isProposalName);

/** By the last part of its path: the command that the fields of its form mean; undefined where they are not as they should be. */
const COMMANDS: Record<string, (id: string, form: Record<string, string>) => Command | undefined> = {
  cancel: (id) => ({ kind: "cancel", line: LINE, task: id }),
  retry: (id, form) => {
    const settings = settingsIn(form);
    return settings && { kind: "retry", line: LINE, task: id, settings };
  },
  tell: (id, form) => {
    const said = text.safeParse(form.text).data;
    return said === undefined ? undefined : { kind: "tell", line: LINE, words: `${id} ${said}`, task: id };
  },
  answer: (_, form) => {
    const said = z.object({ question: z.string().regex(/^q[a-z0-9]{1,40}$/), text }).safeParse(form).data;
    return said && { kind: "answer", line: LINE, words: `${said.question} ${said.text}`, task: said.question };
  },
  approve: (_, form) => {
    const name = proposal.safeParse(form.proposal).data;
    return name === undefined ? undefined : { kind: "approve", line: LINE, task: name };
  },
  plan: (_, form) => {
    const said = z.object({ proposal, text }).safeParse(form).data;
    return said && { kind: "plan", line: LINE, words: `${said.proposal} ${said.text}`, task: said.proposal };
  },
};

/** Agent, model and the like, where the form has them; empty ones stay as they were. */
function settingsIn(form: Record<string, string>): Settings | undefined {
  const settings: Record<string, string> = {};
  for (const name of SETTING_NAMES) {
    const given = form[name]?.trim() ?? "";
    if (given === "") continue;
    const value = REQUEST_SETTINGS[name].read(given);
    if (value === undefined) return undefined;
    settings[name] = value;
  }
  return settings;
}

export function taskDeedRoutes(deps: Deps): DashboardRoute[] {
  return Object.entries(COMMANDS).map(([verb, commandOf]) => ({
    method: "POST",
    path: `/tasks/:id/${verb}`,
    async answer(visit): Promise<Answer> {
      const { id = "" } = visit.params;
      const task = isTaskId(id) ? await deps.store.read(id) : undefined;
      if (!task || !(await visit.rights.mayWrite(task.spec))) return { kind: "nothing" };
      const command = commandOf(id, Object.fromEntries(visit.form));
      if (!command) return problemPage("invalid");
      if (!deps.isFit()) return problemPage("unavailable");
      const formKey = await formKeyOf(deps.redis, visit, `${id} ${verb}`);
      await ask(deps, visit, { task, command, formKey });
      return { kind: "see", to: `/tasks/${id}?${new URLSearchParams({ said: formKey })}` };
    },
  }));
}

type Asked = { task: Task; command: Command; formKey: string };

async function ask(deps: Deps, { viewer, signal }: Visit, { task, command, formKey }: Asked): Promise<void> {
  const { inbox, callers, now, wakeIntake } = deps;
  const key = deedKey(viewer, task.spec.id, formKey);
  const request = requestOfDashboard(task.spec, { who: whoIs(viewer), key, command, now: now() });
  await inbox.record(request);
  wakeIntake();
  const name = requestNameOf(request.repository.id, request.source);
  for (const giveUpAt = performance.now() + WAIT_MS; performance.now() < giveUpAt && !signal.aborted; ) {
    if (await callers.read(name)) return;
    await delay(LOOK_MS);
  }
}

function whoIs(viewer: Viewer): Parameters<typeof requestOfDashboard>[1]["who"] {
  if (viewer.kind === "operator") {
    const { name, id } = viewer;
    return { operator: name, ...(id !== undefined && { id }) };
  }
  return { actor: { id: viewer.id, login: viewer.login } };
}
