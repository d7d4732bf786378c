/**
 * Every metric by its name, as Prometheus sees it. Names that begin with `cicd_` and `vcs_` are those of OpenTelemetry's conventions, with
 * `_` for `.`; of what a label may say there are few values, and none of them names a task, a person or a repository.
 */
export type MetricKind = "gauge" | "counter" | "histogram";
type Metric = { kind: MetricKind; help: string; labels: readonly string[]; buckets?: readonly number[] };

const SECONDS = [1, 5, 15, 60, 300, 900, 1_800, 3_600, 7_200, 14_400];
const DAYS = [600, 3_600, 14_400, 43_200, 86_400, 259_200, 604_800, 2_592_000];

const BYTES = [1 / 4, 1 / 2, 1, 2, 4, 8, 16, 32].map((gigabytes) => gigabytes * 1_073_741_824);

export const METRICS = {
  cicd_pipeline_run_active: {
    kind: "gauge",
    help: "Tasks that are not over, by state (waiting, queued, running).",
    labels: ["state", "agent"],
  },
  cicd_worker_count: {
    kind: "gauge",
    help: "Worker hosts, by state (available, busy, draining, no_room: on the disk, in memory or for want of processors, cannot_work, offline).",
    labels: ["state"],
  },
  orch_queue_depth: { kind: "gauge", help: "Tasks that could start, had a host a slot for them.", labels: [] },
  orch_queue_oldest_wait_seconds: { kind: "gauge", help: "How long the first of them has waited.", labels: [] },
  orch_github_rate_remaining: {
    kind: "gauge",
    help: "Requests to GitHub that are left within the hour, of the installation that has the fewest.",
    labels: [],
  },
  orch_unreported: { kind: "gauge", help: "Tasks of which GitHub does not show all yet.", labels: [] },
  orch_inbox: { kind: "gauge", help: "Issues and pull requests with requests that wait to be taken in.", labels: [] },
  orch_terminal_viewers: {
    kind: "gauge",
    help: "Viewers of what programs print just now, on the dashboard of this bot.",
    labels: [],
  },
  cicd_pipeline_run_duration_seconds: {
    kind: "histogram",
    help: "How long a task that is over was in each phase of its runs.",
    labels: ["agent", "outcome", "phase"],
    buckets: SECONDS,
  },
  orch_queue_wait_seconds: {
    kind: "histogram",
    help: "From when a task could start until its first run began.",
    labels: ["agent"],
    buckets: SECONDS,
  },
  vcs_change_time_to_merge_seconds: {
    kind: "histogram",
    help: "From when a pull request of Orch was opened until it was merged.",
    labels: ["agent", "kind"],
    buckets: DAYS,
  },
  cicd_system_errors_total: {
    kind: "counter",
    help: "Tasks that could not be run, which is never their agent's fault.",
    labels: ["component"],
  },
  orch_recoveries_total: {
    kind: "counter",
    help: "What was recovered: a host that came back to its run (host_restart), a run that nobody kept up and that was begun anew (lock_lost), finished work that was published without an agent (taken_up), a job that was lost and added again (requeued), a delivery of GitHub that was missed and asked for again (redelivered).",
    labels: ["what"],
  },
  orch_tokens_total: {
    kind: "counter",
    help: "Tokens, as agents state them, by type (input, output).",
    labels: ["agent", "model", "type"],
  },
  orch_cost_usd_total: { kind: "counter", help: "US dollars, as agents state them.", labels: ["agent", "model"] },
  orch_slot_seconds_total: {
    kind: "counter",
    help: "How long hosts' slots were taken and free, by state (busy, idle), as seen at each scrape.",
    labels: ["host", "state"],
  },
  orch_run_rss_bytes: {
    kind: "histogram",
    help: "The most memory that the programs of a run took at once.",
    labels: ["host"],
    buckets: BYTES,
  },
  orch_run_cpu_seconds_total: {
    kind: "counter",
    help: "Processor time of the programs of runs, counted at the end of a task.",
    labels: ["host"],
  },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;
/** One value of a metric: what a gauge is, what a counter grows by, what a histogram has seen. */
export type Sample = { name: MetricName; labels: Record<string, string>; value: number };
