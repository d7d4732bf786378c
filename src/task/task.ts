/**
 * What a task is. Every other file speaks the words of this one.
 *
 * delivery        one webhook call from GitHub; its GUID is a log key, never an identity
 * event           what a delivery says (`issue_comment.created`)
 * actor           the person who asks; none where the repository asks by itself
 * command         one parsed `/orch …` line
 * origin          what a task comes from: a comment's line, a label, a schedule …; its identity names the task
 * request         what one event asks for, in the inbox until it is taken in
 * spec            what a task is asked to do, where and for whom, as it was accepted (`task-spec.ts`)
 * task            what was asked, from acceptance to its outcome; our record in Redis
 * conversation    an issue or a pull request with all that is asked, run and said in it; a pull request that we opened
 *                 belongs to the conversation that asked for it
 * continue        to go on from an earlier task of the conversation, in its agent's session or with a hand-over
 * hand-over       what an earlier task came to, in writing, for the agent that goes on from it
 * message         what somebody says to a task's agent while it works; delivered when the agent has shown that it has it
 * wait            to stand back until something else has happened, without a slot
 * park            to end a run whose task then waits: its workspace and session stay, and its next run goes on with them
 * question        what an agent asks a person; its task waits for the answer
 * turn            what an agent does between being asked something and being done with it
 * dispatch        to decide that a task may start, and where
 * run             one try at a task by one agent on one host; numbered by the epoch
 * program         what asks by another way than GitHub, under a token that stands for a person
 * own place       where a task stands that was asked for under no issue
 * home            the host and the folder that keep an agent's session
 * checkpoint      what a run's agent has made, kept on its host until it is published, or for somebody to look at
 * limit           what a model provider grants an account; one that is reached makes a task wait
 * breaker         what keeps tasks from an account that refuses
 * envelope        what may be used at most, and what has been; for a task, a conversation, or a day's work of somebody
 * reserve         what a run has set aside in its envelopes before it starts; when it is over, what it used is booked
 * step            one confined program of a run (agent-1, verify-1, agent-2 …)
 * job             BullMQ's envelope that hands a task to a host; carries only the task id
 * lane            one of the queues through which jobs go: an agent's, or a host's own
 * host            a machine's worker host; it has slots, each slot runs one agent
 * workspace       the task's own repository and its worktree
 * mirror          a host's trusted bare copy of a GitHub repository
 * session         the tmux session of a run; its name is the task id
 * canary          a job of no task, by which an idle host shows that it can work
 * latch           what holds a step's program back until the host lets it go
 * outlet          a step's only way to the network: a socket of the host's network proxy
 * policy          what may be reached through an outlet
 * agent           the program in the session; an adapter knows how to drive it
 * talk back       to ask something of the host, or tell it, while it works: an agent does that through tools
 * tool            one thing that an agent can call
 * bridge          the program in the sandbox that carries an agent's calls to its host, across restarts of that
 * plan            the approved graph of nodes that a team works through for one request (`plan.ts`)
 * node            one part of a plan; each try at it is a task of its own
 * team            the agents that work on one request by a plan, each in a role
 * role            what an agent is there for: its prompt, its agent and model, what it may do
 * scope           the files that a node may change
 * integrate       to merge a node's work into its plan's
 * manager         the agent of a team's task, when it is woken to change the plan
 * wake            what the manager is woken for
 * revision        a numbered change of a plan
 * proposal        what an agent would do, told before it does it; a person approves it by its name
 * run event       what people may be shown of one thing that a run's program said or did
 * heartbeat       "this host still watches these runs"
 * outcome         why a task is over
 * settle          to record the outcome, once
 * report          to make GitHub show what is true
 * view            what people and programs are shown of all that: plain data made of records, hosts and the queue
 * reconcile       to compare what we believe with what is, and settle the difference
 * publish         to take an agent's commits, check them, re-create them as ours and push them
 */

import type { Checkpoint } from "./checkpoint.ts";
import type { Lane } from "./lane.ts";
import type { CancelReason, Missing, Outcome, RunEnd, Stopped } from "./outcome.ts";
import type { HiddenFiles, Progress } from "./progress.ts";
import type { Proposal } from "./proposal.ts";
import type { Question } from "./question.ts";
import type { Routing } from "./routing.ts";
import type { TaskSpec } from "./task-spec.ts";
import type { WaitingReason } from "./waiting.ts";

/** A run's stations, in order. They are told to people; states decide. */
export const PHASES = ["preparing", "working", "verifying", "publishing"] as const;
export type Phase = (typeof PHASES)[number];

export type TaskState =
  /** `reasons`: at least one. */
  | { name: "waiting"; since: number; reasons: WaitingReason[] }
  /** `lane`: where its job is; none: in the queue of before there were lanes. */
  | { name: "queued"; since: number; lane?: Lane }
  /** `job`: the queue's name for what the host was handed; it stays the same when a job is handed out again. */
  | {
      name: "running";
      phase: Phase;
      host: string;
      claim: string;
      job: string;
      lane?: Lane;
      since: number;
      phaseSince: number;
    }
  | { name: "settled"; outcome: Outcome; at: number };

/** The branch as the host pushed it. The bot makes a pull request of it. */
export type Pushed = {
  /** Of a team's plan, what could not be done and is not in it. */
  missing?: Missing[];
  branch: string;
  sha: string;
  /** Branch that the pull request is to merge into. */
  base: string;
  files: number;
  additions: number;
  deletions: number;
  commits: number;
  /** Set when the asked-for branch could not be had, so that the work went to `branch` instead. */
  insteadOf?: string;
  /** Why; none: it had moved. */
  because?: "auto_merge" | "stopped";
  /** The agent had not said that it was done: what it had done by then passes the repository's check. */
  stopped?: Stopped;
};

/** `draft`: none where it is not known. */
export type PullRequest = { number: number; url: string; draft?: boolean };

/** One try at the task. Times are Unix ms. */
export type TaskRun = {
  /** The epoch in which it ran last. */
  number: number;
  host: string;
  startedAt: number;
  endedAt?: number;
  end?: RunEnd;
  checkpoint?: Checkpoint;
  progress: Progress;
};

export type Task = {
  spec: TaskSpec;
  state: TaskState;
  /** Name of the agent, once it is chosen. */
  agent?: string;
  /** The task that it goes on from, once that is known. */
  continues?: string;
  /** Fencing number: grows by one with every run; 0 before the first. */
  epoch: number;
  /** Grows by one with every change of the record. */
  version: number;
  /** Host crashes seen while this task ran: times in ms, oldest first. */
  crashes: number[];
  /** Oldest first; the last one is the current one, or the one that ended it. Bounded: `next-state.ts`. */
  runs: TaskRun[];
  /** Somebody asked to stop; the host has not yet carried it out. */
  cancel?: CancelReason;
  pushed?: Pushed;
  pullRequest?: PullRequest;
  /** What its agents have asked people, oldest first. Bounded: `question.ts`. */
  questions?: Question[];
  /** What its agent proposed last. */
  proposal?: Proposal;
  /** How its agent was chosen, or would have been. */
  routing?: Routing;
};

/** What the task's current or last run has to show. */
export const progressOf = ({ runs }: Pick<Task, "runs">): Progress => runs.at(-1)?.progress ?? {};

/** Files that are not published, without which the published work did not pass its check. */
export const hiddenBehind = ({ pushed, runs }: Pick<Task, "pushed" | "runs">): HiddenFiles | undefined =>
  pushed && progressOf({ runs }).verification?.hidden;
