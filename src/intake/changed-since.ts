/** Which files have changed on the branch that a task starts from, since somebody looked at it: GitHub's comparison says. */
import { classify, type Octokit } from "../github.ts";
import { startRefOf } from "../task/branch.ts";
import type { TaskSpec } from "../task/task-spec.ts";
import type { Request } from "./request.ts";

/** More than GitHub names in one comparison are not told apart: any file may be among them. */
const MAX_COMPARED = 300;

/** `files`: undefined when they cannot all be known. */
type Changed = { base: string; files: string[] | undefined };
/** What the branch that a task starts from has, and the commit had not. Undefined when the branch stands where it stood. */
export type ChangedSince = (spec: TaskSpec, sha: string) => Promise<Changed | undefined>;

export const changesSince =
  (octokit: Octokit, { repository }: Pick<Request, "repository">): ChangedSince =>
  async (spec, sha) => {
    const { owner, name: repo } = repository;
    const { data } = await octokit.rest.repos.getBranch({ owner, repo, branch: startRefOf(spec) });
    const base = data.commit.sha;
    if (base === sha) return undefined;
    try {
      const { data: compared } = await octokit.rest.repos.compareCommitsWithBasehead({
        ...{ owner, repo, basehead: `${sha}...${base}` },
      });
      const { files = [] } = compared;
      if (files.length >= MAX_COMPARED) return { base, files: undefined };
      return { base, files: files.flatMap((file) => [file.filename, file.previous_filename ?? file.filename]) };
    } catch (error) {
      if (classify(error) !== "gone") throw error;
      return { base, files: undefined }; // the commit is not there any more: its branch was rewritten
    }
  };
