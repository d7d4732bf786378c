/** The name of a change about which a person is to decide. Like that of a proposal: nobody finds another change of the same name. Pure. */
import { createHash } from "node:crypto";
import type { Plan } from "./plan.ts";
import type { Revision } from "./revision.ts";

/** `why`: all that it is shown with. */
export function askedName(
  { id, revision: of }: Pick<Plan, "id" | "revision">,
  revision: Revision,
  why: object,
): string {
  const all = JSON.stringify([id, of, revision, why]);
  return `p${createHash("sha256").update(all).digest("hex").slice(0, 12)}`;
}
