/**
 * What happens to issues (and to the issue half of pull requests): opening, editing, closing, labelling, each with the
 * events that GitHub sends for it. Permission is checked before.
 */
import { invalid } from "../routes/reply.ts";
import { issue as issueJson, label as labelJson } from "../serialise/issue.ts";
import type { PullIssue } from "../serialise/pull.ts";
import { pullFull } from "../serialise/pull.ts";
import type { Account, Edit, Issue, Label, Repository } from "../store/model.ts";
import { nextNumber, timestamp } from "../store/store.ts";
import { emit } from "../webhooks/emit.ts";
import type { World } from "../world.ts";
import type { By } from "./by.ts";

/** GitHub's limit for the text of issues, pull requests and comments; characters. */
const maxBody = 65_536;

export function checkBody(resource: string, body: string | undefined): void {
  if (body !== undefined && body.length > maxBody)
    throw invalid(resource, "body", `body is too long (maximum is ${maxBody} characters)`, "unprocessable");
}

export const isPull = (issue: Issue): issue is PullIssue => issue.pull !== undefined;

/** Sends `issues.ACTION`, or `pull_request.ACTION` where the issue is a pull request. */
export async function emitIssue(
  world: World,
  repo: Repository,
  issue: Issue,
  action: string,
  by: By,
  more: Record<string, unknown> = {},
): Promise<void> {
  if (isPull(issue)) {
    const pull_request = await pullFull(world, repo, issue);
    emit(world, repo, "pull_request", { action, number: issue.number, pull_request, ...more }, by.account);
  } else emit(world, repo, "issues", { action, issue: issueJson(world, repo, issue), ...more }, by.account);
}

/** The bare record, without events: pull requests are made of it too. */
export function addIssue(world: World, repo: Repository, by: By, text: { title: string; body?: string }): Issue {
  checkBody("Issue", text.body);
  if (text.title.trim() === "") throw invalid("Issue", "title", "title can't be blank", "missing_field");
  if (text.title.length > 256)
    throw invalid("Issue", "title", "title is too long (maximum is 256 characters)", "unprocessable");
  const now = timestamp();
  const issue: Issue = {
    id: world.store.nextId("issue"),
    number: nextNumber(repo),
    title: text.title,
    body: text.body,
    user: by.account,
    viaApp: by.viaApp,
    state: "open",
    labels: [],
    assignees: [],
    reactions: [],
    createdAt: now,
    updatedAt: now,
    edits: [],
    renames: [],
  };
  repo.issues.set(issue.number, issue);
  return issue;
}

export async function openIssue(
  world: World,
  repo: Repository,
  by: By,
  text: { title: string; body?: string; labels?: readonly string[]; assignees?: readonly Account[] },
): Promise<Issue> {
  const issue = addIssue(world, repo, by, text);
  issue.labels = (text.labels ?? []).map((name) => ensureLabel(world, repo, by, name));
  issue.assignees = [...(text.assignees ?? [])];
  await emitIssue(world, repo, issue, "opened", by);
  for (const label of issue.labels)
    await emitIssue(world, repo, issue, "labeled", by, { label: labelJson(world, repo, label) });
  return issue;
}

export async function closeIssue(
  world: World,
  repo: Repository,
  issue: Issue,
  by: By,
  reason: Issue["stateReason"] = "completed",
): Promise<void> {
  if (issue.state === "closed") return;
  issue.state = "closed";
  issue.stateReason = issue.pull ? undefined : reason;
  issue.updatedAt = issue.closedAt = timestamp();
  issue.closedBy = by.account;
  if (issue.pull && !issue.pull.mergedAt) issue.pull.autoMerge = undefined;
  await emitIssue(world, repo, issue, "closed", by);
}

export async function reopenIssue(world: World, repo: Repository, issue: Issue, by: By): Promise<void> {
  if (issue.state === "open") return;
  issue.state = "open";
  issue.stateReason = issue.pull ? undefined : "reopened";
  issue.updatedAt = timestamp();
  issue.closedAt = issue.closedBy = undefined;
  await emitIssue(world, repo, issue, "reopened", by);
}

/** Remembers who changed the title or the text, and what they were. */
function keepHistory(world: World, issue: Issue, by: By, changed: { title?: string; body?: string }): void {
  const at = timestamp();
  const { title, body } = changed;
  if (title !== undefined)
    issue.renames.push({ id: world.store.nextId("rename"), at, by: by.account, from: issue.title, to: title });
  if (body === undefined) return;
  const edit = (edited: Omit<Edit, "id">) => issue.edits.push({ id: world.store.nextId("edit"), ...edited });
  if (issue.edits.length === 0) edit({ at: issue.createdAt, by: issue.user, text: issue.body ?? "" });
  edit({ at, by: by.account, text: body });
}

/** Changes title and body; says what they were before. */
export async function editIssue(
  world: World,
  repo: Repository,
  issue: Issue,
  by: By,
  change: { title?: string; body?: string },
): Promise<void> {
  checkBody("Issue", change.body);
  const changes: Record<string, { from: string }> = {};
  if (change.title !== undefined && change.title !== issue.title) changes.title = { from: issue.title };
  if (change.body !== undefined && change.body !== issue.body) changes.body = { from: issue.body ?? "" };
  if (Object.keys(changes).length === 0) return;
  keepHistory(world, issue, by, { title: changes.title && change.title, body: changes.body && change.body });
  issue.title = change.title ?? issue.title;
  issue.body = change.body ?? issue.body;
  issue.updatedAt = timestamp();
  await emitIssue(world, repo, issue, "edited", by, { changes });
}

/** As GitHub compares the names of labels. */
export const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
export const findLabel = (labels: readonly Label[], name: string) => labels.find((each) => sameName(each.name, name));

export function checkLabelName(name: string): void {
  if (name.trim() === "" || name.length > 50)
    throw invalid("Label", "name", "name must have 1 to 50 characters", "invalid");
}

/** The repository's label of that name; made when missing, as GitHub does when an unknown name is put on an issue. */
export function ensureLabel(
  world: World,
  repo: Repository,
  by: By,
  name: string,
  look: { color?: string; description?: string } = {},
): Label {
  const known = findLabel(repo.labels, name);
  if (known) return known;
  checkLabelName(name);
  const { color = "ededed", description } = look;
  const label: Label = { id: world.store.nextId("label"), name, color, description };
  repo.labels.push(label);
  emit(world, repo, "label", { action: "created", label: labelJson(world, repo, label) }, by.account);
  return label;
}

/** Makes the issue carry exactly these labels; one event per label added or removed, none where nothing changes. */
export async function setLabels(
  world: World,
  repo: Repository,
  issue: Issue,
  by: By,
  names: readonly string[],
): Promise<void> {
  const wanted = [...new Set(names.map((name) => ensureLabel(world, repo, by, name)))];
  const before = issue.labels;
  const gone = before.filter((each) => !wanted.includes(each));
  const fresh = wanted.filter((each) => !before.includes(each));
  issue.labels = wanted;
  if (gone.length + fresh.length > 0) issue.updatedAt = timestamp();
  for (const label of gone)
    await emitIssue(world, repo, issue, "unlabeled", by, { label: labelJson(world, repo, label) });
  for (const label of fresh)
    await emitIssue(world, repo, issue, "labeled", by, { label: labelJson(world, repo, label) });
}
