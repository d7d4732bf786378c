/**
 * What the pages show, and the few things that a reader may do in somebody's name. The store of the simulator implements
 * it; the pages know nothing else of the store. Every text is raw (the pages escape it), every time is ISO 8601.
 */

/** How GitHub spells its reactions; the pages show them as emoji. */
export type Reaction = "+1" | "-1" | "laugh" | "confused" | "heart" | "hooray" | "rocket" | "eyes";

export type RepositoryLine = {
  owner: string;
  name: string;
  description?: string;
  private: boolean;
  archived: boolean;
  defaultBranch: string;
};

export type IssueLine = {
  number: number;
  title: string;
  state: "open" | "closed";
  author: string;
  createdAt: string;
  labels: Label[];
  /** Only for pull requests. */
  draft?: boolean;
};

/** @property color six hex digits without "#", as GitHub stores it */
export type Label = { name: string; color: string };

export type CommitLine = { sha: string; subject: string; author: string; committedAt: string };

export type RepositoryDetail = RepositoryLine & {
  /** Paths of all files at the default branch; empty when it has no commit yet. */
  files: string[];
  branches: { name: string; sha: string }[];
  /** Of the default branch, newest first; a page's worth. */
  commits: CommitLine[];
  /** Open and closed, newest first; without pull requests. */
  issues: IssueLine[];
  pulls: IssueLine[];
};

export type Comment = {
  id: number;
  /** `name[bot]` for an App. */
  author: string;
  /** GitHub's author_association: OWNER, MEMBER, COLLABORATOR, NONE ... */
  association: string;
  /** Markdown. */
  body: string;
  createdAt: string;
  edited: boolean;
  /** Counts; absent means 0. */
  reactions: { [reaction in Reaction]?: number };
};

/** An issue, or the conversation of a pull request (GitHub numbers both in one row). */
export type IssueDetail = IssueLine & {
  /** The opening text as a comment; its id is that of the issue. */
  opening: Comment;
  /** Oldest first. */
  comments: Comment[];
  isPull: boolean;
};

export type CheckLine = {
  id: number;
  name: string;
  status: string;
  /** Absent until it is completed. */
  conclusion?: string;
  title?: string;
};

export type PullDetail = IssueDetail & {
  draft: boolean;
  merged: boolean;
  head: { ref: string; sha: string };
  base: { ref: string };
  /** Oldest first. */
  commits: CommitLine[];
  /** Of the head commit. */
  checks: CheckLine[];
  /** As `git diff base...head` prints it; cut by the store where it is very long. */
  diff: string;
};

export type CheckDetail = CheckLine & {
  headSha: string;
  /** The slug of the App that made it. */
  app?: string;
  /** Markdown, both. */
  summary?: string;
  text?: string;
  detailsUrl?: string;
  startedAt?: string;
  completedAt?: string;
  /** What may be pressed besides "Re-run"; absent where the check is another App's. */
  buttons?: { label: string; description: string; identifier: string }[];
};

/** Why something was not done, in words; undefined where it was. */
export type Refusal = { refused: string } | undefined;

/** `undefined` always means that there is no such thing. */
export type PageView = {
  repositories(): Promise<RepositoryLine[]>;
  repository(owner: string, repo: string): Promise<RepositoryDetail | undefined>;
  /** The text of a file at a branch, tag or commit. */
  file(owner: string, repo: string, ref: string, path: string): Promise<string | undefined>;
  /** One commit as `git show` prints it: header, message and diff. */
  commit(owner: string, repo: string, sha: string): Promise<string | undefined>;
  /** An issue or a pull request. */
  issue(owner: string, repo: string, number: number): Promise<IssueDetail | undefined>;
  pull(owner: string, repo: string, number: number): Promise<PullDetail | undefined>;
  checkRun(owner: string, repo: string, id: number): Promise<CheckDetail | undefined>;
  /** The people in whose name a reader may write, the first being the suggestion; role as GitHub calls it. */
  people(owner: string, repo: string): Promise<{ login: string; role: string }[]>;
  /** Writes the comment as `login` would through the API, webhooks included. A refusal says why. */
  postComment(owner: string, repo: string, number: number, login: string, body: string): Promise<Refusal>;
  /** Sets the label, or takes it away. */
  setLabel(owner: string, repo: string, number: number, login: string, label: string, on: boolean): Promise<Refusal>;
  /** Presses one of the buttons of a check, or "Re-run". */
  pressButton(owner: string, repo: string, id: number, login: string, identifier?: string): Promise<Refusal>;
};
