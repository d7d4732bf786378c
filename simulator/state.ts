/** The views that tests assert on. Refs and files are asked from git, blocking, so that conditions stay plain. */
import { isPull } from "./actions/issues.ts";
import type { RepositoryRef, State } from "./api.ts";
import { gitSync } from "./git/git.ts";
import { logArguments, logRecords } from "./git/history.ts";
import { statusesOf } from "./serialise/status.ts";
import { suiteState } from "./serialise/suite-state.ts";
import type { Repository } from "./store/model.ts";
import { commentsOf, reviewCommentsOf, reviewsOf } from "./store/store.ts";

function branches(repo: Repository): Record<string, string> {
  const text = gitSync(repo.dir, ["for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads/"]);
  const lines = text.split("\n").filter(Boolean);
  return Object.fromEntries(lines.map((line) => [line.slice(41), line.slice(0, 40)]));
}

/** The file's text, or undefined; a missing ref is a missing file. */
function fileAt(repo: Repository, ref: string, path: string): string | undefined {
  const listing = `${ref}:${path}`;
  try {
    return gitSync(repo.dir, ["cat-file", "blob", listing]);
  } catch (error) {
    if (error instanceof Error && "status" in error && error.status !== null) return undefined;
    throw error;
  }
}

function log(repo: Repository, ref: string) {
  const fields = ["%H", "%an", "%ae", "%cn", "%s", "%b"];
  return logRecords(gitSync(repo.dir, [...logArguments(fields), ref, "--"]), fields.length).map((record) => {
    const [sha = "", author = "", email = "", committer = "", subject = "", body = ""] = record;
    return { sha, author, email, committer, subject, body: body.trim() };
  });
}

export function makeState(find: (ref: RepositoryRef) => Repository): State {
  return {
    comments: (repo, number) => commentsOf(find(repo), number),
    reactions: (ref, id) => {
      const { comments, reviewComments, reviews } = find(ref);
      return (comments.get(id) ?? reviewComments.get(id) ?? reviews.get(id))?.reactions ?? [];
    },
    reviews: (repo, number) => reviewsOf(find(repo), number),
    reviewComments: (repo, number) => reviewCommentsOf(find(repo), number),
    labels: (repo, number) =>
      find(repo)
        .issues.get(number)
        ?.labels.map((each) => each.name) ?? [],
    issue: (repo, number) => find(repo).issues.get(number),
    pulls: (repo) => [...find(repo).issues.values()].filter(isPull),
    checkRuns: (repo, sha) => find(repo).checkRuns.filter((run) => sha === undefined || run.sha === sha),
    checkSuites: (ref, sha) => {
      const repo = find(ref);
      const wanted = repo.checkSuites.filter((each) => !each.otherApp && (sha === undefined || each.sha === sha));
      return wanted.map((each) => {
        const { status, conclusion } = suiteState(repo, each);
        return { id: each.id, sha: each.sha, status, conclusion };
      });
    },
    statuses: (repo, sha) => statusesOf(find(repo), sha),
    branches: (repo) => branches(find(repo)),
    fileAt: (repo, ref, path) => fileAt(find(repo), ref, path),
    log: (repo, ref) => log(find(repo), ref),
  };
}
