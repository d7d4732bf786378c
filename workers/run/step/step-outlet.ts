/**
 * A step's outlet: what its programs may reach by it, and what was blocked while they ran. The folder is made with the
 * step; the proxy listens there before the step's program begins, and until it has ended.
 */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import type { NetworkUse } from "../../../src/task/progress.ts";
import { forwarded } from "../../network/bridge.ts";
import { policyFor } from "../../network/make-policy.ts";
import type { BlockedPlace, OutletReport } from "../../network/outlet-report.ts";
import type { Policy } from "../../network/policy.ts";
import type { OutletMount } from "../../sandbox/confinement.ts";
import { stepFiles } from "../../tmux/step-files.ts";
import type { Ground, Place } from "../ground.ts";
import type { Run, Shared } from "../run.ts";
import type { RunFolder } from "../run-folder.ts";
import type { Prepared } from "../run-record.ts";
import { longestOf } from "./deadlines.ts";
import { FIRST_STEP, kindOf, type StepKind, type StepName } from "./step-name.ts";
import type { StepRecord } from "./step-record.ts";
import { watchFile } from "./watch-file.ts";

/** A run's folder is named once and for all, so a restarted host finds the outlet again. */
export const outletOf = (folder: RunFolder, step: string): string => `${basename(folder.dir)}-${step}`;

/** More different places than this say nothing that these do not. */
const PLACES_SHOWN = 8;

/** The hosts that a repository lets its work reach at most. */
export type Listed = Prepared["listed"];

/** What the programs of a step may reach. Undefined without a sandbox: nothing keeps them there. */
export function policyOf(
  { network, operator, env, never }: Shared,
  { agent }: Pick<Place, "agent">,
  { step, listed }: { step: StepKind; listed: Listed },
): Policy | undefined {
  return network && policyFor({ operator, agent, step, repository: { listed }, env, never: never() });
}

/** The outlet's folder for the step's sandbox. What it may reach is said when it is opened; what is listed is known already. */
export function outletMount(shared: Shared, run: Run, place: Place, step: StepName): OutletMount | undefined {
  const { network } = shared;
  const policy = policyOf(shared, place, { step: kindOf(step), listed: undefined });
  if (!network || !policy) return undefined;
  const dir = network.mountPoint(outletOf(run.folder, step));
  return { dir, forward: forwarded(policy.private), connections: policy.limits.connections };
}

/** Has the proxy listen for a step; may be done ahead, and again with what has been learnt since. */
export async function openOutlet(shared: Shared, run: Run, step: StepName, policy: Policy | undefined): Promise<void> {
  const { network, operator } = shared;
  if (!network || !policy) return;
  const id = outletOf(run.folder, step);
  network.place(id, run.user);
  const forMs = operator.limits.preparingMinutes * 60_000 + 2 * longestOf(kindOf(step), operator.limits);
  await network.open(id, policy, forMs);
}

export type FollowedOutlet = {
  /** Calls back when something was blocked that the step's record did not have yet, with the places that are new in it. */
  onBlocked(listener: (places: readonly BlockedPlace[]) => void): void;
  /** Ends what is still connected, and keeps with the step what came of it. Again is fine. */
  close(): Promise<void>;
  /** Stops looking: the step goes on without this process. */
  detach(): void;
};

/**
 * Opens the step's outlet and keeps in its record what comes of it. Undefined where nothing confines the step's network, and for a step that has begun and has none
 * any more: it has ended, and its record says what came of it; or it began in an older Orch, with the machine's network.
 */
export async function followOutlet(
  shared: Shared,
  run: Run,
  ground: Ground,
  record: StepRecord,
): Promise<FollowedOutlet | undefined> {
  const { network } = shared;
  const policy = policyOf(shared, ground, { step: record.kind, listed: ground.prepared.listed });
  if (!network || !policy) return undefined;
  const id = outletOf(run.folder, record.name);
  if (!network.isPlaced(id) && existsSync(stepFiles(join(run.folder.dir, record.name)).pid)) return undefined;
  // Of a step that is started again: what its first try wanted counts as well.
  const before = network.isPlaced(id) ? undefined : record.network;
  const soFar = (report: OutletReport) => ({ egress: policy.egress, ...sumOf(before, report) });
  let tell = (_places: readonly BlockedPlace[]) => {};
  let closed = false;
  await openOutlet(shared, run, record.name as StepName, policy);
  record.network = soFar(network.report(id));
  /** Gives the places that the record has got by it. */
  const learn = (report: OutletReport) => {
    const known = record.network?.places.length ?? 0;
    record.network = soFar(report);
    return record.network.places.slice(known);
  };
  const watcher = watchFile(network.blockedFile(id), () => {
    const places = learn(network.report(id));
    if (places.length > 0) tell(places);
  });
  return {
    onBlocked(listener) {
      tell = listener;
    },
    async close() {
      if (closed) return;
      closed = true;
      watcher.close();
      const places = learn(await network.close(id));
      run.folder.save();
      if (record.network && record.network.blocked > 0) {
        run.log.info({ step: record.name, ...record.network }, "connections of the sandbox were blocked");
        tell(places);
      }
    },
    detach: () => watcher.close(),
  };
}

function sumOf(one: OutletReport | undefined, other: OutletReport): OutletReport {
  if (!one) return other;
  const places = distinct([...one.places, ...other.places]);
  return { bytes: one.bytes + other.bytes, blocked: one.blocked + other.blocked, places };
}

function distinct(places: readonly BlockedPlace[]): BlockedPlace[] {
  return [...new Map(places.map((place) => [JSON.stringify(place), place])).values()];
}

/**
 * What all steps of the run wanted of the network; undefined before the first, and without a sandbox. Where the agent's and the
 * check's differ, the wider one is told.
 */
export function networkUse({ record }: RunFolder): NetworkUse | undefined {
  const seen = record.steps.flatMap(({ network }) => network ?? []);
  if (seen.length === 0) return undefined;
  return {
    egress: seen.some(({ egress }) => egress === "open") ? "open" : "listed",
    blocked: seen.reduce((sum, { blocked }) => sum + blocked, 0),
    places: distinct(seen.flatMap(({ places }) => places)).slice(0, PLACES_SHOWN),
  };
}

/** Closes the outlets of a run that has none of its steps running any more; the first may have been held and never written down. */
export async function closeOutlets({ network }: Shared, folder: RunFolder): Promise<void> {
  const names = new Set([FIRST_STEP, ...folder.record.steps.map(({ name }) => name)]);
  await Promise.all([...names].map((name) => network?.close(outletOf(folder, name))));
}

/** After a restart of the host: those of runs that do not go on here lead nowhere any more. */
export async function closeOtherOutlets({ network }: Shared, folders: readonly RunFolder[]): Promise<void> {
  const kept = folders.flatMap((folder) => folder.record.steps.map(({ name }) => outletOf(folder, name)));
  await network?.closeOthers(new Set(kept));
}
