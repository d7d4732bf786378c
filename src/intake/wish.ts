/**
 * Which agent a repository wishes for, how much it lets tasks use at most, what it says of teams' plans, and whether agents are chosen
 * by what came of earlier tasks, by its `.github/orch.yml` on the default branch. The file's rules are the worker host's to apply; here it
 * only says where the task goes. One that cannot be used is refused there, with its reason.
 */
import type { Octokit } from "../github.ts";
import type { Logger } from "../log.ts";
import { readRepositoryFile } from "../read-repository-file.ts";
import { Refusal } from "../refusal.ts";
import type { RepositoryRoles } from "../settings/roles.ts";
import type { RoutingWish } from "../settings/routing.ts";
import type { AutoApproval } from "../task/auto-approval.ts";
import type { Caps } from "../task/envelope.ts";
import type { PlanLimits } from "../task/plan-caps.ts";
import type { Repository } from "../task/task-spec.ts";

export type Wish = {
  agent?: string | undefined;
  caps?: Caps | undefined;
  roles?: RepositoryRoles | undefined;
  autoApproval?: AutoApproval | undefined;
  planLimits?: PlanLimits | undefined;
  routing?: RoutingWish | undefined;
};

/** Throws what GitHub answers where asking again may help. */
export async function readWish(octokit: Octokit, repository: Repository, log: Logger): Promise<Wish> {
  try {
    const { agent, budget, roles, autoApproval, planLimits, routing } = await readRepositoryFile(octokit, repository);
    return { agent, caps: budget, roles, autoApproval, planLimits, routing };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    log.info({ err: error, repo: repository.id }, "a repository's file is not usable: the host refuses it");
    return {};
  }
}
