/**
 * Asks a remote where its branches stand, in one request and without a process: what `git ls-remote` asks, spoken as
 * gitprotocol-v2(5) over HTTP, its `ls-refs` command. GitHub answers version 2 without being asked first. A `git fetch` takes
 * two requests and three processes to find that nothing is new.
 */
import { readBounded } from "../read-bounded.ts";
import type { OpenAccess } from "./git-access.ts";

const WITHIN_MS = 5_000;
/** A prefix may match many branches (`main`, `main-2` …); beyond this, git may sort it out. */
const MAX_ANSWER_BYTES = 1_000_000;

/** The commits of the branches that exist, or undefined when the remote did not answer in this way: then ask with git. */
export async function remoteTips(
  open: OpenAccess,
  branches: readonly string[],
): Promise<ReadonlyMap<string, string> | undefined> {
  // Node's fetch goes past the proxy that git is told of.
  if (Object.keys(open.env).some((name) => /^(https|all)_proxy$/i.test(name))) return undefined;
  const credentials = Buffer.from(`x-access-token:${open.env.ORCH_GIT_TOKEN}`).toString("base64");
  try {
    const response = await fetch(`${open.url}/git-upload-pack`, {
      method: "POST",
      headers: {
        authorization: `Basic ${credentials}`,
        "content-type": "application/x-git-upload-pack-request",
        accept: "application/x-git-upload-pack-result",
        "git-protocol": "version=2",
        "user-agent": "git/orch",
      },
      body: lsRefs(branches),
      signal: AbortSignal.timeout(WITHIN_MS),
      redirect: "error", // the token is for this host alone
    });
    const isAnswer = response.ok && response.headers.get("content-type") === "application/x-git-upload-pack-result";
    const text = await readBounded(response.body, MAX_ANSWER_BYTES);
    return isAnswer && text !== undefined ? parseRefs(text) : undefined;
  } catch {
    return undefined; // git meets the same trouble, and has words for it
  }
}

function lsRefs(branches: readonly string[]): string {
  const prefixes = branches.map((branch) => packet(`ref-prefix refs/heads/${branch}\n`));
  return [packet("command=ls-refs\n"), packet("object-format=sha1\n"), "0001", ...prefixes, "0000"].join("");
}

/** pkt-line of gitprotocol-common(5): four hexadecimal digits that count themselves, then the text. */
function packet(text: string): string {
  return (Buffer.byteLength(text) + 4).toString(16).padStart(4, "0") + text;
}

/** Undefined when it is not a list of refs up to its closing flush packet. */
export function parseRefs(bytes: Buffer): ReadonlyMap<string, string> | undefined {
  const tips = new Map<string, string>();
  for (let at = 0; ; ) {
    const digits = bytes.toString("latin1", at, at + 4);
    if (digits === "0000") return tips;
    const length = /^[0-9a-f]{4}$/.test(digits) ? Number.parseInt(digits, 16) : 0;
    if (length < 5 || at + length > bytes.length) return undefined;
    const [, sha, branch] =
      /^([0-9a-f]{40}) refs\/heads\/(\S+)/.exec(bytes.toString("utf8", at + 4, at + length)) ?? [];
    if (sha === undefined || branch === undefined) return undefined;
    tips.set(branch, sha);
    at += length;
  }
}
