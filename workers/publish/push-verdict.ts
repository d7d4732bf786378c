/** Reads what `git push --porcelain` says about one branch (git-push(1), "OUTPUT"). */
import { branchInTheWay } from "../../src/task/branch.ts";
import type { Finished } from "../run-program.ts";
import { blockedSecret } from "./push-protection.ts";

/** `reason`: a sentence for a person, made of the server's words. `failed`: the server itself, which may pass. */
export type PushVerdict =
  | { kind: "pushed" | "already" }
  | { kind: "stale"; words: string }
  | { kind: "failed"; words: string }
  | { kind: "refused"; reason: string };

/** Another push came first: noticed by us (lease) or by the server while it took its own lock. */
const RACED =
  /stale info|fetch first|non-fast-forward|cannot lock ref|failed to (lock|update ref)|incorrect old value|already exists/i;

/** The server took the objects and could not do the rest, or did it and its word was lost. Nothing of that is about the change. */
const FAILED =
  /internal server error|^(failure|failed|error)$|unpack(er)? (error|failed)|failed to report status|commit_refs|time[d-]? ?out|temporar|try again|unavailable/i;

/** Git keeps branches as files: while there is a branch `orch`, there is no folder for one that is called `orch/…`. */
const IN_THE_WAY = /directory file conflict|' exists; cannot create/i;

/** Undefined when the server gave no verdict on the branch: the push failed on the way. */
export function readPushVerdict(
  { stdout, stderr }: Pick<Finished, "stdout" | "stderr">,
  branch: string,
): PushVerdict | undefined {
  const line = stdout.split("\n").find((each) => each.includes(`:refs/heads/${branch}\t`));
  if (line === undefined) return undefined;
  const [flag, , summary = ""] = line.split("\t");
  if (flag === "=") return { kind: "already" };
  if (flag !== "!") return { kind: "pushed" };
  const words = /\((.*)\)\s*$/.exec(summary)?.[1] ?? summary;
  if (IN_THE_WAY.test(`${words}\n${stderr}`)) return { kind: "refused", reason: branchInTheWay(branch) };
  if (FAILED.test(words)) return { kind: "failed", words: bounded(words) };
  if (RACED.test(words)) return { kind: "stale", words: bounded(words) };
  const said = stderr
    .split("\n")
    .filter((each) => each.startsWith("remote: "))
    .map((each) => each.slice("remote: ".length).trim());
  const blocked = blockedSecret(said);
  if (blocked !== undefined) return { kind: "refused", reason: bounded(blocked) };
  const details = said.filter((each) => /[^\s—–-]/.test(each)).join(" ");
  const text = `GitHub refused the push to \`${branch}\`: ${words}.${details ? ` It said: ${details}` : ""}`;
  return { kind: "refused", reason: bounded(text) };
}

const bounded = (text: string): string => text.replace(/\p{Cc}/gu, " ").slice(0, 1000);
