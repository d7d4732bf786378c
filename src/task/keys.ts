/**
 * Every Redis key of Orch, in one place. BullMQ keeps its own under `bull:orch` and `bull:orch-…`. Beside a due set stand
 * `<its key>:taken` and `<its key>:news` (`due-set.ts`).
 */
import { OLD_QUEUE } from "./lane.ts";

export const keys = {
  task: (id: string) => `orch:task:${id}`,
  /** List of what happened to a task, oldest first. */
  timeline: (id: string) => `orch:task:${id}:timeline`,
  /** The same as a stream, as it was written before: 4 kB more of each task. Its tasks are over, or add to the list. */
  oldTimeline: (id: string) => `orch:task:${id}:events`,
  /** Stream of what the programs of one of its runs said and did (`run-events.ts`); gone a day after the last word. */
  runEvents: (id: string, epoch: number) => `orch:task:${id}:run:${epoch}:events`,
  /** The end of what one of its runs printed (`kept-output.ts`), for a day. */
  keptOutput: (id: string, epoch: number) => `orch:task:${id}:run:${epoch}:output`,
  /** Sorted set: those keys, by when they were written. */
  keptOutputs: "orch:outputs",
  /** There while somebody watches what the task's programs print (`output.ts`). */
  watch: (id: string) => `orch:watch:${id}`,
  /** List: what a host is asked of what its runs have printed, as JSON. */
  asks: (host: string) => `orch:ask:${host}`,
  /** What it answered to one of them. */
  answer: (ask: string) => `orch:answer:${ask}`,
  /** Stream: what is said to a task's agent and has not been heard yet (`messages.ts`). */
  messages: (id: string) => `orch:task:${id}:messages`,
  /** The same for a node of the plan of that id. */
  nodeMessages: (id: string, node: string) => `orch:task:${id}:messages:node:${node}`,
  /** Hash: what was counted of the messages of a task: by sender, by sender and recipient, and the like. */
  messageNumbers: (id: string) => `orch:task:${id}:messages:numbers`,
  /** Hash: message -> its entry in that stream, and from where it was said. */
  messagesSent: (id: string) => `orch:task:${id}:messages:sent`,
  /** Hash: message -> what became of it. */
  messageFates: (id: string) => `orch:task:${id}:messages:fates`,
  /** Stream: messages that could not be delivered. */
  messagesDead: (id: string) => `orch:task:${id}:messages:dead`,
  /** What report has created on GitHub for a task: hints, found again by marker when lost. */
  shown: (id: string) => `orch:task:${id}:shown`,
  /** Id of the newest task with a check run of ours on that commit. */
  checked: (repositoryId: number, sha: string) => `orch:checked:${repositoryId}:${sha}`,
  /** Sorted set: tasks that are not settled, by the time they were accepted. */
  open: "orch:open",
  /** Hash: `<task id>/<host id>` -> the task as the host of its run knows it, for records that Redis has lost, as JSON. */
  offers: "orch:offers",
  /** Due set: tasks whose GitHub side may be out of date. */
  unreported: "orch:unreported",
  /** Sorted set: tasks of an issue or pull request, in the order in which they were accepted. */
  issue: (repositoryId: number, number: number) => `orch:issue:${repositoryId}:${number}`,
  /** Sorted set: tasks of a conversation, also those of the pull requests that came of it, in the order in which they were accepted. */
  conversation: (repositoryId: number, number: number) => `orch:conversation:${repositoryId}:${number}`,
  /** Due set: tasks that wait, or whose job may have to go elsewhere. */
  dispatch: "orch:dispatch",
  /** What CI says of the newest commit of a pull request, as JSON (`pull-checks.ts`). */
  pullChecks: (repositoryId: number, number: number) => `orch:pull:${repositoryId}:${number}:checks`,
  /** Hash: the plan of the team's task of that id (`plans.ts`). */
  plan: (id: string) => `orch:plan:${id}`,
  /** Sorted set: the tasks that worked on nodes of the plan of that id, in the order in which they were made. */
  planTasks: (id: string) => `orch:plan:${id}:tasks`,
  /** Sorted set: plans that are not over, by when they were approved. */
  plans: "orch:plans",
  /** Set: tasks that wait for the end of this one. */
  followers: (id: string) => `orch:task:${id}:followers`,
  /** Hash: repository -> the tag of its last task in a lane, which says when it is its turn there again. */
  turns: (lane: string) => (lane === OLD_QUEUE ? "orch:turns" : `orch:turns:${lane}`),
  /** Sorted set: names of lanes, by when the last job came that is, or will be, in it. */
  lanes: "orch:lanes",
  /** Sorted set: `host:<id>` by its last beat, `run:<task>` by its agent's last output. */
  heartbeats: "orch:heartbeats",
  /** Hash: host id -> what the host says of itself. */
  hosts: "orch:hosts",
  /** Hash: host id -> the place of the data folder that goes by this id (`HostInfo.place`). */
  hostPlaces: "orch:host-places",
  /** Hash: `<agent>/<account>` -> why that account refuses, and when it is tried again, as JSON. */
  breakers: "orch:breakers",
  /** Hash of an envelope: `<unit>:spent`, `<unit>:reserved`; of a task's also the last run that is booked (`ledger.ts`). */
  envelope: (name: string) => `orch:envelope:${name}`,
  /** Sorted set: names of envelopes, those of tasks left out, by when somebody set aside from them last. */
  envelopes: "orch:envelopes",
  /** Hash: task -> what its run has set aside and nobody has booked, as JSON. */
  reserves: "orch:reserves",
  /** There while somebody may wait for room in an envelope. */
  short: "orch:envelopes:short",
  /** Sorted set: agents' names by when a host has offered them last. */
  offered: "orch:agents",
  /** A request as it was signed, or what became of it: whoever delivers it again finds this. */
  request: (request: string) => `orch:inbox:${request}`,
  /** Sorted set: requests on one issue or pull request that wait for intake, by the time they were made. */
  requestsOn: (issue: string) => `orch:inbox:issue:${issue}`,
  /** Due set: issues and pull requests with waiting requests. */
  inbox: "orch:inbox",
  /** What was said to the program that made this request, as JSON. */
  callerReply: (request: string) => `orch:callers:reply:${request}`,
  /** Hash: SHA-256 of a token -> which program has it and what it may ask for, as JSON. */
  callerTokens: "orch:callers:tokens",
  /** What a program asked for that is, or is to become, this task, as JSON. */
  callerTask: (id: string) => `orch:callers:task:${id}`,
  /** Sorted set: the tasks that a program has asked for, by when. */
  callerTasks: (client: string) => `orch:callers:tasks:${client}`,
  /** How often a program has asked within that minute. */
  callerRate: (client: string, minute: number) => `orch:callers:rate:${client}:${minute}`,
  /** Hash: name -> where a program wants to be told of a task, as JSON. */
  callerHooks: (id: string) => `orch:callers:hooks:${id}`,
  /** Due set: tasks of which programs want to be told. */
  hooked: "orch:callers:hooked",
  /** Stream: what people did, as JSON (`deeds.ts`). */
  deeds: "orch:deeds",
  /** There while a deed of this name would be the same one. */
  deed: (name: string) => `orch:deed:${name}`,
  /** List: what people did about a task, as JSON, oldest first. */
  deedsOf: (id: string) => `orch:task:${id}:deeds`,
  /** The key under which a form of this content was taken a moment ago. */
  dashboardForm: (hash: string) => `orch:dashboard:form:${hash}`,
  /** Who is signed in to the dashboard by the cookie of this SHA-256, as JSON. */
  dashboardSession: (hash: string) => `orch:dashboard:session:${hash}`,
  /** List: such hashes of one person, the newest first. */
  dashboardSessionsOf: (who: string) => `orch:dashboard:sessions:${who}`,
  /** By whom the link with the one-time token of this SHA-256 was made, as JSON. */
  dashboardLink: (hash: string) => `orch:dashboard:link:${hash}`,
  /** Hash: `<machine>/<process>` -> where a bot serves the dashboard, as JSON. */
  dashboardsAt: "orch:dashboard:at",
  /** By which a bot's dashboard proves to the command line that it is one. */
  dashboardSecret: "orch:dashboard:secret",
  /** What the bots have caught up on of GitHub's failed deliveries, as JSON. */
  caughtUp: "orch:caught-up",
  /** When a bot was last seen alive by this Redis, Unix ms by its own clock. */
  lastSeen: "orch:last-seen",
  /** There while Redis is known to have forgotten what GitHub may show. */
  forgetful: "orch:forgetful",
  /** Since when comments are to be read again, because Redis knows less than it did, Unix ms. */
  lookBack: "orch:look-back",
  /** Due set: the one round of that name. */
  round: (name: string) => `orch:round:${name}`,
  /** Hash: repository id -> where it is, as JSON, as far as an installation has it. */
  repositories: "orch:repositories",
  /** Set: repository ids in which pushes make no check suite of ours. */
  quieted: "orch:repositories:quieted",
  /** Hash: repository id -> the schedules of its file, or why that cannot be used, as JSON. */
  scheduleFiles: "orch:schedules:files",
  /** Hash: `<repository id>/<schedule>` -> when it comes next and what became of it last, as JSON. */
  scheduleStates: "orch:schedules:states",
  /** Due set: repositories whose file is to be read. */
  unreadFiles: "orch:schedules:unread",
  /** Due set: schedules, `<repository id>/<schedule>`, by when they come. */
  schedules: "orch:schedules:due",
  /** The runs that had no job in the last sweep, as JSON. */
  jobless: "orch:jobless",
  /** How often GitHub was asked to deliver again, as JSON. */
  redelivered: (guid: string) => `orch:redelivered:${guid}`,
  /** Due set: what may have been made twice, or late, on GitHub (`src/report/second-look.ts`). */
  secondLooks: "orch:second-looks",
  /** Set: ids of installations whose budget at GitHub is known. */
  budgets: "orch:budgets",
  /** Hash: what GitHub said last of an installation's requests. */
  budget: (installationId: number) => `orch:budget:${installationId}`,
  /** Sorted set: texts created or edited for an installation within the last hour, by when. */
  content: (installationId: number) => `orch:budget:${installationId}:content`,
  /** Stream: which tasks are over, or were forgotten, for whoever keeps a history (`history-news.ts`). */
  history: "orch:history",
  /** The entry of that stream up to which the metrics have counted. */
  counted: "orch:history:counted",
  /** The entry of that stream up to which a collector was told of traces. */
  traced: "orch:history:traced",
  /** Hash: whether everything is held back, since when and by whom; or when that ended. */
  pause: "orch:pause",
  /** Channel: the id of a host that is to take no new work and to end. */
  drain: "orch:drain",
  /** Channel: the name of a request that somebody other than a bot has just recorded. */
  requested: "orch:requested",
  /** Channel: the name of a lane in which there is a job to take. */
  jobs: "orch:jobs",
  /** Channel: the id of a task that has just changed. */
  changed: "orch:changed",
  /** Channel: the name of a program's request that has just been answered. */
  callerReplied: "orch:callers:replied",
  /** Channel: the id of a task that somebody watches. */
  watched: "orch:watch",
  /** Channel: what a task's programs print, as JSON, while somebody watches. */
  printed: (id: string) => `orch:term:${id}`,
  /** Channel: the id of a host that is asked something. */
  asked: "orch:ask",
  /** Channel: the name of what was asked and has just been answered. */
  answered: "orch:answer",
  /** Channel: tasks that wait may start: hosts have changed, or a task is over that others wait for. */
  ready: "orch:ready",
  /** Channel: the id of a task of which GitHub now shows everything. */
  reported: "orch:reported",
} as const;

/** How long a settled task, its timeline and its ledger entries are kept: 90 days, in seconds. */
export const RETENTION_S = 90 * 24 * 3600;
