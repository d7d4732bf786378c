/**
 * The sums of one day, made anew from its tasks with each change of one of them: so they never drift from what they sum up. Each
 * statement takes `:day`.
 */
import type { DatabaseSync } from "node:sqlite";

/** Of the tasks of a day so many are remembered that cost most: the most costly of any time are among them. */
export const SPENDERS = 5;

/** Outcomes that say something of the agent that worked; all others count for nobody, nor against anybody. */
const JUDGED = ["pull_request", "no_changes", "agent_failed", "verify_failed", "timed_out", "stalled"];

export const isIn = (outcomes: readonly string[]): string =>
  `outcome IN (${outcomes.map((each) => `'${each}'`).join(", ")})`;

/** Makes what sums days up; each call does one day. */
export function makeSumUp(db: DatabaseSync): (day: string) => void {
  const clear = Object.keys(SUMS).map((table) => db.prepare(`DELETE FROM ${table} WHERE day = ?`));
  const sum = Object.values(SUMS)
    .flat()
    .map((sql) => db.prepare(sql));
  return (day) => {
    for (const statement of clear) statement.run(day);
    for (const statement of sum) statement.run({ day });
  };
}

/** Two clocks tell when a run began and ended, and either may be set: none lasts less than nothing, or longer than a month. */
const RUN_MS = `min(max(0, ended_at - started_at), ${30 * 24 * 3600_000})`;

const DAILY = `
  INSERT INTO daily
  SELECT day, repository, kind, agent, model, outcome,
    count(*), sum(merged), sum(closed_at IS NOT NULL AND NOT merged), sum(restarts),
    sum(n), sum(ms), sum(lost), sum(taken_up), sum(input), sum(output), sum(coalesce(cost_usd, 0.0)), sum(unknown), sum(rounds),
    sum(checked), coalesce(sum(ci = 'green'), 0), sum(ci IS NOT NULL)
  FROM (
    SELECT tasks.*, count(epoch) AS n, coalesce(sum(${RUN_MS}), 0) AS ms,
      coalesce(sum(ended = 'lost'), 0) AS lost, coalesce(sum(start = 'taken up'), 0) AS taken_up,
      coalesce(sum(input_tokens), 0) AS input, coalesce(sum(output_tokens), 0) AS output,
      coalesce(sum(had_agent AND runs.cost_usd IS NULL), 0) AS unknown,
      coalesce(sum(rounds), 0) AS rounds, coalesce(sum(rounds IS NOT NULL), 0) AS checked
    FROM tasks LEFT JOIN runs USING (task) WHERE day = :day GROUP BY tasks.task
  )
  GROUP BY repository, kind, agent, model, outcome`;

/** The same for all repositories together, which is what most ask about. */
const TOTAL = `
  INSERT INTO daily_total
  SELECT day, kind, agent, model, outcome, sum(tasks), sum(merged), sum(closed), sum(restarts), sum(runs), sum(run_ms), sum(lost),
    sum(taken_up), sum(input_tokens), sum(output_tokens), sum(cost_usd), sum(cost_unknown), sum(rounds), sum(checked),
    sum(ci_green), sum(ci_known)
  FROM daily WHERE day = :day GROUP BY kind, agent, model, outcome`;

const HOSTS = `
  INSERT INTO daily_hosts
  SELECT day, host, count(*), coalesce(sum(${RUN_MS}), 0) FROM tasks JOIN runs USING (task) WHERE day = :day GROUP BY host`;

const TASKS_THAT_SPENT = `
  INSERT INTO daily_spent
  SELECT day, 'task', task, cost_usd FROM tasks WHERE day = :day AND cost_usd > 0 ORDER BY cost_usd DESC, task LIMIT ${SPENDERS}`;

const PERSONS_WHO_SPENT = `
  INSERT INTO daily_spent
  SELECT day, 'person', person, sum(cost_usd) FROM tasks WHERE day = :day AND cost_usd > 0 AND person IS NOT NULL GROUP BY person`;

const REPOSITORIES_THAT_SPENT = `
  INSERT INTO daily_spent
  SELECT day, 'repository', repository, sum(cost_usd) FROM daily WHERE day = :day AND cost_usd > 0 GROUP BY repository`;

const ARMS = `
  INSERT INTO daily_arms
  SELECT day, repository_id, kind, size, agent, model, version, count(*), sum(merged),
    sum(outcome = 'pull_request' AND closed_at IS NULL), sum(coalesce(cost_usd, 0.0)), sum(cost_usd IS NOT NULL)
  FROM tasks WHERE day = :day AND agent <> '' AND ${isIn(JUDGED)}
  GROUP BY repository_id, kind, size, agent, model, version`;

/** By table; some are made of the ones before them. */
const SUMS: Record<string, readonly string[]> = {
  daily: [DAILY],
  daily_total: [TOTAL],
  daily_hosts: [HOSTS],
  daily_spent: [TASKS_THAT_SPENT, PERSONS_WHO_SPENT, REPOSITORIES_THAT_SPENT],
  daily_arms: [ARMS],
};
