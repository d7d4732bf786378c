/** Every field of the served part of GitHub's schema has an answer: asked for all at once, on a repository with everything. */
import { type GraphQLNamedType, getNamedType, isAbstractType, isLeafType, isObjectType } from "graphql";
import { expect, test } from "vitest";
import { schema } from "../../simulator/graphql/schema.ts";
import { asBot, sample } from "./support/setting.ts";

const given: Record<string, string> = {
  first: "1",
  itemTypes: "[RENAMED_TITLE_EVENT]",
  owner: '"octo-org"',
  name: '"sample"',
};

/** All fields of a type, `depth` types deep; each under a name of its own, for members of a union differ in types. */
function everything(type: GraphQLNamedType, depth: number, values: Record<string, string>): string {
  if (isAbstractType(type)) {
    const members = schema.getPossibleTypes(type);
    return `{ ${members.map((each) => `... on ${each.name} ${everything(each, depth, values)}`).join(" ")} }`;
  }
  if (!isObjectType(type)) return "";
  const fields = Object.values(type.getFields()).flatMap((field) => {
    const inner = getNamedType(field.type);
    if (!isLeafType(inner) && depth === 0) return [];
    const wanted = field.args.map((each) => each.name).filter((name) => values[name] !== undefined);
    const list = wanted.map((name) => `${name}: ${values[name]}`).join(", ");
    const body = isLeafType(inner) ? "" : everything(inner, depth - 1, values);
    return [`${type.name}_${field.name}: ${field.name}${list && `(${list})`} ${body}`];
  });
  return `{ __typename ${fields.join(" ")} }`;
}

test("every field that can be asked for is answered", async () => {
  const { github, repo } = await sample();
  const sha = await github.commit(repo, "topic", { "notes.md": "one\ntwo\n" }, "Write");
  const { number } = await github.openPull(repo, { as: "author", title: "Write", head: "topic", base: "main" });
  await github.editIssue(repo, number, { title: "Write notes", body: "Notes." }, { as: "maintainer" });
  await github.comment(repo, number, "Good.", { as: "maintainer" });
  await github.addLabel(repo, number, "docs", { as: "maintainer" });
  const place = { path: "notes.md", line: 2, startLine: 1 };
  const review = await github.review(repo, number, { as: "maintainer", comments: [{ ...place, body: "Hm." }] });
  await github.resolveThread(repo, review.comments[0] ?? 0, { as: "author" });
  await github.enableAutoMerge(repo, number, { as: "maintainer" });
  await github.reportCheck(repo, { sha, name: "test", conclusion: "success" });
  const issue = await github.openIssue(repo, { as: "author", title: "Tests fail" });
  const bot = await asBot(github, repo.installationId);
  const ask = async (values: Record<string, string>) => {
    const query = everything(schema.getType("Query") as GraphQLNamedType, 6, { ...given, ...values });
    return bot.graphql(query).catch((error: { data?: unknown; errors?: { type?: string; path?: unknown[] }[] }) => {
      // The number is an issue's or a pull request's; asked for as the other it is not found.
      expect(error.errors).toEqual([expect.objectContaining({ type: "NOT_FOUND" })]);
      return error.data;
    });
  };
  const told = await ask({ number: String(number), expression: '"HEAD:README.md"' });
  expect(JSON.stringify(told)).toContain('"StatusCheckRollup_state":"SUCCESS"');
  expect(JSON.stringify(told)).toContain('"PullRequestReviewThread_isResolved":true');
  expect(JSON.stringify(await ask({ number: String(issue.number), expression: '"main"' }))).toContain("Tests fail");
  expect(github.violations()).toEqual([]);
});
