/**
 * What stands around a command, in one request: what REST has no word for (which threads of a review are settled), and what
 * would take a request each. A part that the installation may not read is missing from the answer, the rest is not.
 */
import { z } from "zod";
import type { Octokit } from "../github.ts";
import { BRANCH_ROOT } from "../task/branch.ts";
import { isOwnPlace } from "../task/own-place.ts";
import type { TaskSpec } from "../task/task-spec.ts";
import { Refused } from "./refused.ts";

const QUERY = `
query ($owner: String!, $name: String!, $number: Int!, $root: String!) {
  repository(owner: $owner, name: $name) {
    isArchived
    root: object(expression: $root) { oid }
    issueOrPullRequest(number: $number) {
      ... on Issue { title body author { ...person } comments(first: 1) { totalCount } }
      ... on PullRequest {
        title
        body
        author { ...person }
        comments(first: 1) { totalCount }
        autoMergeRequest { enabledBy { login } }
        reviews(last: 30) { nodes { author { ...person } state body createdAt submittedAt lastEditedAt } }
        reviewThreads(last: 60) {
          nodes {
            isResolved
            isOutdated
            path
            line
            comments(last: 10) { nodes { author { ...person } body createdAt lastEditedAt diffHunk } }
          }
        }
        commits(last: 1) {
          nodes {
            commit {
              statusCheckRollup {
                contexts(first: 100) {
                  nodes {
                    __typename
                    ... on CheckRun { name conclusion title summary }
                    ... on StatusContext { context state description }
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}
fragment person on Actor { __typename login ... on User { databaseId } }
`;

/** Of a task under no issue. */
const QUERY_REPOSITORY = `
query ($owner: String!, $name: String!, $root: String!) {
  repository(owner: $owner, name: $name) {
    isArchived
    root: object(expression: $root) { oid }
  }
}
`;

const maybe = <T extends z.ZodType>(shape: T) =>
  shape
    .nullish()
    .catch(undefined)
    .transform((value) => value ?? undefined);
/** What cannot be read leaves no gap in the list. */
const nodes = <T extends z.ZodType>(shape: T) =>
  z
    .object({ nodes: z.array(shape.nullish().catch(undefined)) })
    .nullish()
    .catch(undefined)
    .transform((list) => (list?.nodes ?? []).filter((node) => node !== null && node !== undefined));

const author = maybe(z.object({ __typename: z.string(), login: z.string(), databaseId: maybe(z.number()) }));
const time = z.iso.datetime({ offset: true });
const text = z.string();

const review = z.object({
  author,
  state: text,
  body: text,
  createdAt: time,
  submittedAt: maybe(time),
  lastEditedAt: maybe(time),
});
const reviewComment = z.object({
  author,
  body: text,
  createdAt: time,
  lastEditedAt: maybe(time),
  diffHunk: text,
});
const thread = z.object({
  isResolved: z.boolean(),
  isOutdated: z.boolean(),
  path: text,
  line: maybe(z.number()),
  comments: nodes(reviewComment),
});
const check = z.discriminatedUnion("__typename", [
  z.object({
    __typename: z.literal("CheckRun"),
    name: text,
    conclusion: maybe(text),
    title: maybe(text),
    summary: maybe(text),
  }),
  z.object({ __typename: z.literal("StatusContext"), context: text, state: text, description: maybe(text) }),
]);
const commit = z.object({ commit: z.object({ statusCheckRollup: maybe(z.object({ contexts: nodes(check) })) }) });

const repository = { isArchived: maybe(z.boolean()), root: maybe(z.object({ oid: text })) };
const repositoryAnswer = z.object({ repository: z.object(repository) });
const answer = z.object({
  repository: z.object({
    ...repository,
    issueOrPullRequest: z.object({
      title: text,
      body: text,
      author,
      comments: z.object({ totalCount: z.number() }),
      autoMergeRequest: maybe(z.object({ enabledBy: maybe(z.object({ login: text })) })),
      reviews: nodes(review),
      reviewThreads: nodes(thread),
      commits: nodes(commit),
    }),
  }),
});

type Repository = z.output<typeof answer>["repository"];
/** `orchBranch`: a branch is called just as the folder of ours. */
export type Around = Repository["issueOrPullRequest"] & { orchBranch: boolean; isArchived: boolean };
export type Author = z.output<typeof author>;

/** Throws what GitHub answers. */
export async function askAround(octokit: Octokit, spec: TaskSpec): Promise<Around> {
  const { repository, number } = spec;
  const { owner, name } = repository;
  if (isOwnPlace(number)) return await askOfRepository(octokit, spec);
  const said = await octokit
    .graphql(QUERY, { owner, name, number, root: `refs/heads/${BRANCH_ROOT}` })
    .catch((error: unknown) => partOf(error));
  const { root, isArchived = false, issueOrPullRequest } = answer.parse(said).repository;
  return { ...issueOrPullRequest, orchBranch: root !== undefined, isArchived };
}

/** Nothing stands around it but the repository. */
async function askOfRepository(octokit: Octokit, { repository: { owner, name }, title }: TaskSpec): Promise<Around> {
  const asked = { owner, name, root: `refs/heads/${BRANCH_ROOT}` };
  const { root, isArchived = false } = repositoryAnswer.parse(
    await octokit.graphql(QUERY_REPOSITORY, asked),
  ).repository;
  const nobody = { author: undefined, autoMergeRequest: undefined, comments: { totalCount: 0 } };
  const nothing = { body: "", reviews: [], reviewThreads: [], commits: [] };
  return { title, ...nobody, ...nothing, orchBranch: root !== undefined, isArchived };
}

const refusal = z.object({
  errors: z.array(
    z.object({ type: z.string().optional(), path: z.array(z.union([z.string(), z.number()])).optional() }),
  ),
  data: z.unknown(),
});

/** GitHub answers what it can, and says what it could not. Throws where nothing is left of it. */
function partOf(error: unknown): unknown {
  const { data: refused } = refusal.safeParse(error);
  if (!refused) throw error;
  const gone = refused.errors.some(({ type, path = [] }) => type === "NOT_FOUND" && path.length <= 2);
  if (gone)
    throw new Refused("repository_gone", "GitHub no longer shows us this issue or pull request.", { cause: error });
  if (!answer.safeParse(refused.data).success) throw error;
  return refused.data;
}
