/** Tasks that are over, as a history remembers them: also those of which Redis has forgotten everything. */
import type { DatabaseSync } from "node:sqlite";
import { z } from "zod";

/** Times are Unix ms. Without the request: a history has no word of what was asked. */
export type PastRow = {
  task: string;
  repository: string;
  number: number;
  person: string | null;
  agent: string;
  model: string;
  outcome: string;
  requestedAt: number;
  settledAt: number;
  pull: number | null;
  merged: boolean;
};

const shape = z.object({
  ...{ task: z.string(), repository: z.string(), number: z.number(), person: z.string().nullable() },
  ...{ agent: z.string(), model: z.string(), outcome: z.string(), requestedAt: z.number(), settledAt: z.number() },
  ...{ pull: z.number().nullable(), merged: z.number().transform((merged) => merged === 1) },
});

/** `repository`: owner/name, in any case. */
export type PastFilter = {
  since?: number | undefined;
  repository?: string | undefined;
  agent?: string | undefined;
  outcome?: string | undefined;
  limit: number;
};

const QUERY = `
  SELECT task, repository, number, person, agent, model, outcome, requested_at AS requestedAt, settled_at AS settledAt, pull, merged
  FROM tasks
  WHERE day >= :day AND requested_at >= :since AND (:repository IS NULL OR repository = :repository COLLATE NOCASE)
    AND (:agent IS NULL OR agent = :agent) AND (:outcome IS NULL OR outcome = :outcome)
  ORDER BY requested_at DESC LIMIT :limit`;

/** The newest first. */
export function pastTasks(db: DatabaseSync, { since = 0, repository, agent, outcome, limit }: PastFilter): PastRow[] {
  // What was asked later was over later: the day is what there is an index for.
  const day = new Date(since).toISOString().slice(0, 10);
  const wanted = { repository: repository ?? null, agent: agent ?? null, outcome: outcome ?? null };
  return z.array(shape).parse(db.prepare(QUERY).all({ day, since, limit, ...wanted }));
}
