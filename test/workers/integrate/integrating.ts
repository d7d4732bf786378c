/** Merges what it is given into a plan, one node after the other, to be killed meanwhile. Its argument is the list, as JSON. */
import { integrate } from "../../../workers/integrate/integration.ts";
import type { Delivery } from "../../../workers/integrate/merge-nodes.ts";
import { findPlanRepository } from "../../../workers/integrate/plan-repository.ts";
import { clearTrials } from "../../../workers/integrate/trial.ts";

const given = JSON.parse(process.argv[2] ?? "") as { dataDir: string; plan: string; deliveries: Delivery[] };
const { dataDir, plan, deliveries } = given;
const store = findPlanRepository({ dataDir, plan, repositoryId: 7 });
if (!store) throw new Error("there is no such plan");
await clearTrials(dataDir, plan);
process.stdout.write("merges\n");
for (const delivery of deliveries) {
  const entry = {
    delivery,
    note: () => undefined,
    mayMove: async () => undefined,
    signal: new AbortController().signal,
  };
  const { kind } = await integrate({ dataDir, plan: store }, entry);
  process.stdout.write(`${delivery.node} ${kind}\n`);
}
