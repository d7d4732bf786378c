/** What people do on the pages: as through REST, so a refusal is the one that REST would give. */
import type { By } from "./actions/by.ts";
import { requestAction, rerequestRun } from "./actions/checks.ts";
import { addComment } from "./actions/comments.ts";
import { sameName, setLabels } from "./actions/issues.ts";
import { atLeast, demand, type Need, roleOf } from "./auth/permissions.ts";
import { byLogin } from "./doing.ts";
import type { PageView, Refusal } from "./pages/view.ts";
import { ApiError } from "./routes/reply.ts";
import { write } from "./routes/router.ts";
import type { Issue, Repository } from "./store/model.ts";
import type { World } from "./world.ts";

type Find = (owner: string, name: string) => Repository | undefined;

/** Does it, when this person may. */
async function asPerson(
  world: World,
  repo: Repository,
  login: string,
  need: Need,
  deed: (by: By) => unknown,
): Promise<Refusal> {
  const by = byLogin(world, login);
  try {
    demand({ kind: "user", account: by.account }, repo, need);
    await deed(by);
    world.bus.emit("change");
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const [first] = error.errors ?? [];
    return { refused: (typeof first === "string" ? first : first?.message) ?? error.message };
  }
}

function comment(world: World, repo: Repository, issue: Issue, by: By, body: string): void {
  if (issue.locked && !atLeast(roleOf(repo, by.account), "write"))
    throw new ApiError(403, "Unable to create comment because issue is locked.");
  addComment(world, repo, issue, by, body);
}

const nothing: Refusal = { refused: "There is no such thing." };

export function pageDeeds(world: World, find: Find): Pick<PageView, "postComment" | "setLabel" | "pressButton"> {
  return {
    postComment: async (owner, name, number, login, body) => {
      const repo = find(owner, name);
      const issue = repo?.issues.get(number);
      if (!repo || !issue) return nothing;
      return asPerson(world, repo, login, write("read", "issues"), (by) => comment(world, repo, issue, by, body));
    },
    setLabel: async (owner, name, number, login, label, on) => {
      const repo = find(owner, name);
      const issue = repo?.issues.get(number);
      if (!repo || !issue) return nothing;
      const others = issue.labels.map((each) => each.name).filter((each) => !sameName(each, label));
      const wanted = on ? [...others, label] : others;
      return asPerson(world, repo, login, write("triage", "issues"), (by) => setLabels(world, repo, issue, by, wanted));
    },
    pressButton: async (owner, name, id, login, identifier) => {
      const repo = find(owner, name);
      const run = repo?.checkRuns.find((each) => each.id === id);
      if (!repo || !run) return nothing;
      return asPerson(world, repo, login, write("write", "checks"), (by) =>
        identifier === undefined ? rerequestRun(world, repo, run, by) : requestAction(world, repo, run, identifier, by),
      );
    },
  };
}
