/** Why a plan is not worth a team, as a person is told it, and the agent that made it. Pure. */
import type { Single } from "./plan-check.ts";

export function singleReason(single: Single): string {
  switch (single.kind) {
    case "few":
      return `What can be done apart comes to ${single.parts === 1 ? "one part" : `${single.parts} parts`}, and a team is worth it from three on.`;
    case "chain":
      return `Most of it has to be done one after the other (${single.longest} of ${single.nodes} nodes), which is faster in one head.`;
    case "no_check":
      return "The repository has no `verify` command, so nothing would tell whether the parts fit together.";
    case "cost":
      return `It may cost ${single.times} times what one run may.`;
  }
}
