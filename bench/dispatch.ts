/** How fast tasks come into the queue and out of it in fair order: a flood of one repository, and 199 others behind it. */
import { Queue } from "bullmq";
import { type Lane, laneName } from "../src/task/lane.ts";
import { makeTaskQueue } from "../src/task/queue.ts";
import { connectRedis, waitForRedis } from "../src/task/redis.ts";
import type { Task } from "../src/task/task.ts";
import { openLanes } from "../workers/lanes.ts";
import type { Benchmark, Options, Report } from "./bench.ts";
import { startRedis } from "./ingress/redis.ts";
import { median, round } from "./statistics.ts";
import { timed } from "./timed.ts";

const TASKS = 10_000;
const REPOSITORIES = 200;
const LANE: Lane = { agent: "claude" };
/** Of these the first repository has so many, all queued before anybody else's. */
const FLOOD = 5_000;

type Round = { addedASecond: number; takenASecond: number; bareASecond: number; lateFirsts: number };

export const dispatch: Benchmark = {
  name: "dispatch",
  title: `${TASKS} queued tasks of ${REPOSITORIES} repositories are handed out in fair order`,
  rounds: 1,
  run: measure,
};

async function measure({ rounds, say }: Options): Promise<Report> {
  const results: Round[] = [];
  for (let turn = 1; turn <= rounds; turn++) {
    say(`round ${turn} of ${rounds}`);
    results.push(await once());
  }
  return report(results);
}

const repositoryOf = (index: number) => (index < FLOOD ? 1 : 2 + ((index - FLOOD) % (REPOSITORIES - 1)));

async function once(): Promise<Round> {
  const server = await startRedis();
  const redis = connectRedis(server.url, "bench");
  const queue = makeTaskQueue(redis);
  const hostRedis = connectRedis(server.url, "bench-host");
  await Promise.all([redis, hostRedis].map((each) => waitForRedis(each, 10_000)));
  const lanes = openLanes(hostRedis);
  const worker = lanes.worker(laneName(LANE));
  const take = async (token: string) => {
    const job = await worker.getNextJob(token, { block: false });
    await job?.moveToCompleted(undefined, token, false);
    return job;
  };
  try {
    const addMs = await timed(async () => {
      for (let index = 0; index < TASKS; index++) await queue.enqueue(taskOf(index));
    });
    const first = new Map<number, number>();
    const takeMs = await timed(async () => {
      for (let taken = 0; taken < TASKS; taken++) {
        const job = await take("host");
        const repository = Number(job?.data.taskId.split("-")[1]);
        if (!first.has(repository)) first.set(repository, taken);
      }
    });
    // The same jobs in no order but that of their coming: what the order costs.
    const plain = new Queue(laneName(LANE), { connection: redis });
    for (let index = 0; index < TASKS; index++) await plain.add("task", { taskId: taskOf(index).spec.id }, AS_ORCH);
    const bareMs = await timed(async () => {
      for (let taken = 0; taken < TASKS; taken++) await take("host");
    });
    await plain.close();
    return {
      addedASecond: TASKS / (addMs / 1_000),
      takenASecond: TASKS / (takeMs / 1_000),
      bareASecond: TASKS / (bareMs / 1_000),
      lateFirsts: [...first.values()].filter((at) => at >= 2 * REPOSITORIES).length + REPOSITORIES - first.size,
    };
  } finally {
    await lanes.close();
    await queue.close();
    // BullMQ leaves a connection open that it did not make: it would look for its Redis for ever, and the program never end.
    for (const each of [hostRedis, redis]) each.disconnect();
    await server.stop();
  }
}

const AS_ORCH = { removeOnComplete: true };

const taskOf = (index: number): Task => {
  const repository = repositoryOf(index);
  const id = `t${index}-${repository}`;
  return { spec: { id, repository: { id: repository } }, epoch: 0, state: { name: "queued", lane: LANE } } as Task;
};

function report(results: readonly Round[]): Report {
  const middle = (of: (round: Round) => number) => median(results.map(of));
  const late = Math.max(...results.map(({ lateFirsts }) => lateFirsts));
  return {
    counted: [
      `One repository queues ${FLOOD} tasks, then ${REPOSITORIES - 1} others the rest in turn. One client adds them one after the other, as a bot does that takes commands in; one host takes and completes them.`,
      "Yardstick: the same jobs without any order, by the same host from the same Redis (AOF, an fsync each second).",
    ],
    tables: [
      {
        title: "tasks a second",
        rows: [
          ["added in fair order", "taken in fair order", "taken without order"],
          [
            middle(({ addedASecond }) => addedASecond),
            middle(({ takenASecond }) => takenASecond),
            middle(({ bareASecond }) => bareASecond),
          ].map(round),
        ],
      },
    ],
    figures: [
      {
        name: "taken in fair order",
        value: middle(({ takenASecond }) => takenASecond),
        unit: "tasks/s",
        goal: { atLeast: 500 },
      },
      {
        name: "added in fair order",
        value: middle(({ addedASecond }) => addedASecond),
        unit: "tasks/s",
        goal: { atLeast: 500 },
      },
      {
        name: "taken, against no order",
        value: middle(({ takenASecond, bareASecond }) => takenASecond / bareASecond),
        unit: "×",
      },
      {
        name: `repositories whose first task was not among the first ${2 * REPOSITORIES}`,
        value: late,
        unit: "",
        goal: { atMost: 0 },
      },
    ],
  };
}
