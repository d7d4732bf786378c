/** Labels of a repository and of its issues and pull requests. */
import { checkLabelName, ensureLabel, findLabel, setLabels } from "../actions/issues.ts";
import { label as labelJson } from "../serialise/issue.ts";
import type { Issue, Label } from "../store/model.ts";
import { emit } from "../webhooks/emit.ts";
import { by, optionalText, type RepositoryCall, text, textList } from "./call.ts";
import { issueOf } from "./issues.ts";
import { listed } from "./pages.ts";
import { ApiError, created, invalid, noContent, notFound, ok, type Reply } from "./reply.ts";
import { inRepository, type Route, read, write } from "./router.ts";

const reading = read("issues", "pull_requests");
const writing = write("triage", "issues", "pull_requests");
const defining = write("write", "issues", "pull_requests");

const shown = (call: RepositoryCall) => (each: Label) => labelJson(call.world, call.repo, each);

const all = (call: RepositoryCall, issue: Issue): Reply => ok(issue.labels.map(shown(call)));

/** `{labels: [...]}`, or the list alone. */
const named = (call: RepositoryCall): string[] => textList(call.bodyList ?? call.body.labels) ?? [];

async function put(call: RepositoryCall, names: (issue: Issue) => string[]): Promise<Reply> {
  const issue = issueOf(call);
  await setLabels(call.world, call.repo, issue, by(call), names(issue));
  return all(call, issue);
}

function labelOf(call: RepositoryCall): Label {
  const label = findLabel(call.repo.labels, call.params.name ?? "");
  if (!label) throw notFound();
  return label;
}

function checkColor(color: string | undefined): string | undefined {
  if (color !== undefined && !/^[0-9a-fA-F]{6}$/.test(color))
    throw invalid("Label", "color", "color is invalid", "invalid");
  return color;
}

/** No other label may have the name, in whatever case; a label may change the case of its own. */
function demandFree(call: RepositoryCall, name: string, own?: Label): void {
  checkLabelName(name);
  const known = findLabel(call.repo.labels, name);
  if (known && known !== own)
    throw new ApiError(422, "Validation Failed", [{ resource: "Label", code: "already_exists", field: "name" }]);
}

function define(call: RepositoryCall): Reply {
  const name = text(call, "name");
  demandFree(call, name);
  const look = { color: checkColor(optionalText(call, "color")), description: optionalText(call, "description") };
  return created(shown(call)(ensureLabel(call.world, call.repo, by(call), name, look)));
}

function change(call: RepositoryCall): Reply {
  const label = labelOf(call);
  const name = optionalText(call, "new_name") ?? label.name;
  demandFree(call, name, label);
  label.color = checkColor(optionalText(call, "color")) ?? label.color;
  label.description = optionalText(call, "description") ?? label.description;
  label.name = name;
  emit(call.world, call.repo, "label", { action: "edited", label: shown(call)(label), changes: {} }, by(call).account);
  return ok(shown(call)(label));
}

function remove(call: RepositoryCall): Reply {
  const label = labelOf(call);
  call.repo.labels.splice(call.repo.labels.indexOf(label), 1);
  for (const issue of call.repo.issues.values()) issue.labels = issue.labels.filter((each) => each !== label);
  emit(call.world, call.repo, "label", { action: "deleted", label: shown(call)(label) }, by(call).account);
  return noContent();
}

export const labelRoutes: Route[] = [
  inRepository("GET", "/labels", reading, (call) => listed(call, call.repo.labels, shown(call))),
  inRepository("POST", "/labels", defining, define),
  inRepository("GET", "/labels/{name}", reading, (call) => ok(shown(call)(labelOf(call)))),
  inRepository("PATCH", "/labels/{name}", defining, change),
  inRepository("DELETE", "/labels/{name}", defining, remove),
  inRepository("GET", "/issues/{number}/labels", reading, (call) => listed(call, issueOf(call).labels, shown(call))),
  inRepository("POST", "/issues/{number}/labels", writing, (call) =>
    put(call, (issue) => [...issue.labels.map((each) => each.name), ...named(call)]),
  ),
  inRepository("PUT", "/issues/{number}/labels", writing, (call) => put(call, () => named(call))),
  inRepository("DELETE", "/issues/{number}/labels", writing, async (call) => {
    await put(call, () => []);
    return noContent();
  }),
  inRepository("DELETE", "/issues/{number}/labels/{name}", writing, (call) => {
    const gone = findLabel(issueOf(call).labels, call.params.name ?? "");
    if (!gone) throw new ApiError(404, "Label does not exist");
    return put(call, (issue) => issue.labels.filter((each) => each !== gone).map((each) => each.name));
  }),
];
