import type { PlanProposal } from "../../src/task/plan.ts";
import type { TalkRun } from "../talk-back/tool.ts";

export type Checked = { problems: string[]; warnings: string[]; single?: string | undefined };
export async function checkHandedIn(_: TalkRun, __: PlanProposal): Promise<Checked> {
  return { problems: [], warnings: [] };
}
