/** What has come of a command. */

/**
 * What to say to the person; undefined when the task's progress comment says it. `reportReacts`: to what asked, the report of a task
 * reacts, and nobody else. `tasks`: what it was about.
 */
export type CarriedOut = { done: boolean; say?: string; reportReacts?: boolean; tasks?: string[] };
