/** What a host tells the bots of its roles: which agent works in each, with which model, and for how long. Prompts and rights stay here. */
import type { RoleOffer } from "../../src/task/hosts.ts";
import type { Roles } from "./role.ts";

export const offersOf = (roles: Roles): Record<string, RoleOffer> =>
  Object.fromEntries(
    [...roles].map(([name, { agent, model, totalMinutes }]): [string, RoleOffer] => [
      name,
      {
        ...(agent !== undefined && { agent }),
        ...(model !== undefined && { model }),
        ...(totalMinutes !== undefined && { totalMinutes }),
      },
    ]),
  );
