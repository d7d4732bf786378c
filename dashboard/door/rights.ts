/**
 * What a viewer may, as GitHub says, kept for a little less than five minutes: what was withdrawn there is withdrawn here by then. What GitHub does not
 * say is a no. Whoever operates Orch may everything.
 */
import type { GitHub } from "../../src/github.ts";
import type { Logger } from "../../src/log.ts";
import { type Standing, standingIn } from "../../src/permission.ts";
import type { Place, Rights, Viewer } from "../visit.ts";
import { makeStrangers } from "./strangers.ts";

/** With `RECHECK_MS`, five minutes. */
const KEEP_MS = 270_000;
/** A page that is kept up to date is looked at so often. */
export const RECHECK_MS = 30_000;
/** A no that only means that GitHub did not answer. */
const KEEP_FAILED_MS = 10_000;
/** Of all viewers in all repositories. */
const MOST_KEPT = 20_000;

const NONE: Standing = { reads: false, writes: false };

type Kept = { at: number; until: number; standing: Promise<Standing> };

/** `isWithdrawn`: whether something that this viewer was allowed through these rights is not allowed any more. */
export type Watched = { rights: Rights; isWithdrawn(): Promise<boolean> };

export function makeJudge({ github, now, log }: { github: GitHub; now: () => number; log: Logger }) {
  const kept = new Map<string, Kept>();
  const strangers = makeStrangers(now);

  function standingOf(person: Extract<Viewer, { kind: "person" }>, place: Place): Promise<Standing> {
    const { installationId, repository } = place;
    const key = `${person.id} ${installationId} ${repository.id} ${repository.owner}/${repository.name}`;
    const known = kept.get(key);
    const at = now();
    // A clock that was set back must not make it last longer.
    if (known && known.at <= at && at < known.until) return known.standing;
    const entry: Kept = { at, until: at + KEEP_MS, standing: Promise.resolve(NONE) };
    entry.standing = ask(person, place).catch((error: unknown) => {
      log.debug({ err: error, person: person.id, repository: repository.id }, "GitHub does not say what a viewer may");
      entry.until = now() + KEEP_FAILED_MS;
      return NONE;
    });
    kept.delete(key);
    kept.set(key, entry);
    const [oldest] = kept.keys();
    if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    return entry.standing;
  }

  async function ask({ id, login }: Extract<Viewer, { kind: "person" }>, place: Place): Promise<Standing> {
    if (!strangers.mayAsk(id)) throw new Error("too many questions about strangers within an hour");
    const octokit = await github.forInstallation(place.installationId);
    const standing = await standingIn(octokit, place.repository, { id, login });
    if (standing.reads) strangers.welcome(id);
    return standing;
  }

  function rightsOf(viewer: Viewer): Watched {
    if (viewer.kind === "operator") {
      const yes = async () => true;
      return { rights: { isOperator: true, mayRead: yes, mayWrite: yes }, isWithdrawn: async () => false };
    }
    const allowed = new Map<string, () => Promise<boolean>>();
    const judged = (what: keyof Standing) => async (place: Place) => {
      const may = async () => (await standingOf(viewer, place))[what];
      const isAllowed = await may();
      if (isAllowed) allowed.set(`${what} ${place.repository.id}`, may);
      return isAllowed;
    };
    return {
      rights: { isOperator: false, mayRead: judged("reads"), mayWrite: judged("writes") },
      isWithdrawn: async () => (await Promise.all([...allowed.values()].map((may) => may()))).includes(false),
    };
  }

  return { rightsOf };
}
