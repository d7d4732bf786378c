/** The rules of a branch, and the one ruleset in which all of a repository stand. They hold for every branch. */
import { fullName } from "../store/store.ts";
import type { RepositoryCall } from "./call.ts";
import { listed } from "./pages.ts";
import { notFound, ok, type Reply } from "./reply.ts";
import { inRepository, type Route, read } from "./router.ts";

const rulesetId = ({ repo }: RepositoryCall): number => repo.id;

function ofBranch(call: RepositoryCall): Promise<Reply> {
  const { signedCommits, shown = [] } = call.repo.rules;
  const rules = [...(signedCommits ? [{ type: "required_signatures" }] : []), ...shown];
  const origin = {
    ruleset_source_type: "Repository",
    ruleset_source: fullName(call.repo),
    ruleset_id: rulesetId(call),
  };
  return listed(call, rules, (rule) => ({ ...rule, ...origin }));
}

function ruleset(call: RepositoryCall): Reply {
  if (Number(call.params.id) !== rulesetId(call)) throw notFound();
  return ok({
    id: rulesetId(call),
    name: "rules",
    target: "branch",
    source_type: "Repository",
    source: fullName(call.repo),
    enforcement: "active",
    current_user_can_bypass: call.repo.rules.bypass ? "always" : "never",
  });
}

export const ruleRoutes: Route[] = [
  inRepository("GET", "/rules/branches/{branch+}", read("metadata"), ofBranch),
  inRepository("GET", "/rulesets/{id}", read("metadata"), ruleset),
];
