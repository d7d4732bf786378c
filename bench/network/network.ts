/** What it costs that every sandbox has a network of its own: time of a start, of a request, of many bytes; memory of a connection. */

import { BRIDGE_PORT } from "../../workers/network/bridge.ts";
import type { Benchmark, Options, Report } from "../bench.ts";
import { stampScript } from "../start/stamp.ts";
import { median, round } from "../statistics.ts";
import type { ClientReport, Measured } from "./client.ts";
import { measureConnections, type OpenConnections } from "./connections.ts";
import { openSandboxes, type Sandboxes, type Side } from "./sandboxes.ts";
import { startServers } from "./server.ts";

const STARTS_A_ROUND = 5;
const REQUESTS = 100;
const MEGABYTES = 200;

const SIDES: readonly Side[] = ["own", "machine"];
const WAYS = ["plain", "tunnel"] as const;
const KINDS = ["fresh", "kept"] as const;

/** Middle values of one round. */
type Round = Record<Side, { startMs: number; client: ClientReport }>;

export const network: Benchmark = {
  name: "network",
  title: "a sandbox with a network of its own and the proxy, against the same one with the machine's network",
  rounds: 7,
  run: measure,
};

async function measure({ rounds, say }: Options): Promise<Report> {
  const servers = await startServers();
  try {
    const results = await inSandboxes(servers.ports.answering, { rounds, say });
    say("agents with an open connection each");
    return report(results, await measureConnections(servers, say));
  } finally {
    await servers.stop();
  }
}

async function inSandboxes(port: number, { rounds, say }: Options): Promise<Round[]> {
  const sandboxes = await openSandboxes(port);
  try {
    const results: Round[] = [];
    for (let turn = 0; turn <= rounds; turn++) {
      say(`round ${turn} of ${rounds}`);
      const sides = turn % 2 === 0 ? SIDES : SIDES.toReversed();
      const starts = await measureStarts(sandboxes, sides);
      const clients = new Map<Side, ClientReport>();
      for (const side of sides) clients.set(side, await runClient(sandboxes, side, port));
      const of = (side: Side) => ({ startMs: median(starts[side]), client: clients.get(side) as ClientReport });
      if (turn > 0) results.push({ own: of("own"), machine: of("machine") }); // the first compiles code
    }
    return results;
  } finally {
    await sandboxes.close();
  }
}

/** From asking for an outlet, where there is one, to the first action of the program inside. */
async function measureStarts(sandboxes: Sandboxes, sides: readonly Side[]): Promise<Record<Side, number[]>> {
  const times: Record<Side, number[]> = { own: [], machine: [] };
  for (let turn = 0; turn < STARTS_A_ROUND; turn++) {
    for (const side of sides) {
      const at = Date.now();
      times[side].push(Number(await sandboxes.run(side, ["/bin/sh", "-c", stampScript])) / 1e6 - at);
    }
  }
  return times;
}

async function runClient({ client, run }: Sandboxes, side: Side, port: number): Promise<ClientReport> {
  const proxy = side === "own" ? [String(BRIDGE_PORT)] : [];
  const printed = await run(side, [...client, ...[port, REQUESTS, MEGABYTES].map(String), ...proxy]);
  return JSON.parse(printed) as ClientReport;
}

function report(rounds: readonly Round[], open: OpenConnections): Report {
  const middle = (value: (round: Round) => number) => median(rounds.map(value));
  const start = (side: Side) => middle((each) => each[side].startMs);
  const asked = (side: Side, of: (measured: Measured) => number) =>
    WAYS.map((way) => middle((each) => of(each[side].client[way])));
  const added = (way: (typeof WAYS)[number], kind: (typeof KINDS)[number]) =>
    middle(({ own, machine }) => median(own.client[way][kind]) - median(machine.client[way][kind]));
  const row = (name: string, of: (measured: Measured) => number) => [
    name,
    ...[...asked("machine", of), ...asked("own", of)].map(round),
  ];
  return {
    counted: [
      "Both sides are sandboxes as the worker host makes them, of the same driver, as the same user; the other one lacks --unshare-net and bridge and has the machine's network. What listens is on loopback, in a process of its own.",
      `Start: until the first action of the program inside; with the outlet's folder made and the proxy listening there, one after the other (in a run this goes on beside the checkout). ${STARTS_A_ROUND} starts of each side a round.`,
      `Requests: ${REQUESTS} in a row by node:http inside, each on a connection of its own (fresh), then on one that stays (kept); through the proxy by whole URLs (plain) and in a CONNECT tunnel, which fresh ones open each time.`,
      `Bytes: one answer of ${MEGABYTES} MB, counted inside; server, proxy, bridge and client share this machine's cores.`,
      `Memory: PSS of everything that orch start runs beside ${open.agents} agents that hold a CONNECT connection each, less the same without agents, by agent.`,
      "Rounds alternate; differences are taken within each round; medians.",
    ],
    tables: [
      {
        title: "start of a sandbox, ms",
        rows: [
          ["machine's network", "its own"],
          [round(start("machine")), round(start("own"))],
        ],
      },
      {
        title: "requests: p50 in ms; one long answer: MB a second",
        rows: [
          ["", "direct", "direct again", "plain", "CONNECT"],
          row("fresh connections", ({ fresh }) => median(fresh)),
          row("a kept connection", ({ kept }) => median(kept)),
          row("MB a second", ({ rate }) => rate),
        ],
      },
      { title: `memory by agent, PSS in MB`, rows: open.rows },
    ],
    figures: [
      {
        name: "start: added",
        value: middle(({ own, machine }) => own.startMs - machine.startMs),
        unit: "ms",
        goal: { atMost: 25 },
      },
      ...WAYS.flatMap((way) =>
        KINDS.map((kind) => ({
          name: `request, ${way}, ${kind}: added at p50`,
          value: added(way, kind),
          unit: "ms",
          goal: { atMost: 5 },
        })),
      ),
      ...WAYS.map((way) => ({
        name: `bytes, ${way}`,
        value: middle(({ own }) => own.client[way].rate),
        unit: "MB/s",
        goal: { atLeast: 200 },
      })),
      { name: "memory beside an agent with an open connection", value: open.perAgent, unit: "MB", goal: { atMost: 8 } },
    ],
  };
}
