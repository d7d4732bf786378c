/** What people and other Apps do with checks. */
import { type RunFields, reportRun, requestAction, rerequestRun } from "./actions/checks.ts";
import { addStatus } from "./actions/statuses.ts";
import { findSuite, rerequestSuite } from "./actions/suites.ts";
import type { CheckDeeds, CheckReport } from "./api-people.ts";
import { changing, type Find, who } from "./doing.ts";
import type { CheckRun, OtherApp, Repository } from "./store/model.ts";
import { ensureAccount, timestamp } from "./store/store.ts";
import type { World } from "./world.ts";

function runIn(repo: Repository, id: number): CheckRun {
  const run = repo.checkRuns.find((each) => each.id === id);
  if (!run) throw new Error(`there is no check run ${id}`);
  return run;
}

function otherApp(world: World, slug: string): OtherApp {
  const { otherApps } = world.store;
  const known = otherApps.get(slug);
  if (known) return known;
  const owner = ensureAccount(world.store, `${slug}-owner`, "Organization");
  const app = { id: world.store.nextId("app"), slug, owner, createdAt: timestamp() };
  otherApps.set(slug, app);
  return app;
}

function fieldsOf({ app: _, sha: __, ...said }: CheckReport): RunFields & { name: string } {
  const status = said.conclusion ? "completed" : (said.status ?? "in_progress");
  return { ...said, status, annotations: said.annotations ?? [] };
}

export function checkDeeds(world: World, find: Find): CheckDeeds {
  return {
    rerequestCheck: (ref, id, as) =>
      changing(world, () => rerequestRun(world, find(ref), runIn(find(ref), id), who(world, as))),
    rerequestSuite: (ref, sha, as) =>
      changing(world, () => {
        const suite = findSuite(find(ref), sha);
        if (!suite) throw new Error(`the App has no check suite for ${sha}`);
        return rerequestSuite(world, find(ref), suite, who(world, as));
      }),
    pressButton: (ref, id, identifier, as) =>
      changing(world, () => requestAction(world, find(ref), runIn(find(ref), id), identifier, who(world, as))),
    setStatus: (ref, sha, { as, ...said }) =>
      changing(world, async () => {
        await addStatus(world, find(ref), who(world, { as }), sha, said);
      }),
    reportCheck: (ref, report) =>
      changing(world, () =>
        reportRun(world, find(ref), otherApp(world, report.app ?? "ci"), report.sha, fieldsOf(report)),
      ),
  };
}
