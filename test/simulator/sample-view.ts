/** A hand-written PageView: one repository with a hostile streak, and a memory of what was posted. */
import type { Comment, IssueDetail, PageView, PullDetail } from "../../simulator/pages/view.ts";

const time = "2026-01-02T03:04:05Z";
export const sha = "c0ffee".padEnd(40, "0");

export const comment = (id: number, author: string, body: string, more: Partial<Comment> = {}): Comment => ({
  ...{ id, author, body, association: "NONE", createdAt: time, edited: false, reactions: {} },
  ...more,
});

const progress = `### 🔧 Working · agent \`scripted\`

| Phase | Time | Note |
| --- | ---: | :---: |
| preparing | 0.4 s | done |
| **working** | 12 s | \`npm test\` |

- [x] Read the failing test
- [ ] Repair \`sum.js\`, see #2

<details><summary>Last lines of the agent</summary>

\`\`\`
✖ adds numbers
  expected 3, got -1
\`\`\`

</details>

<!-- orch:marker -->
<sub>Task t1 on host a. Stop it with \`/orch cancel\`.</sub>`;

const diff = `diff --git a/sum.js b/sum.js
index 1111111..2222222 100644
--- a/sum.js
+++ b/sum.js
@@ -1,4 +1,5 @@
 // Adds two numbers.
 export function sum(a, b) {
-  return a - b;
+  // <b>plus</b>, not minus
+  return a + b;
 }
diff --git a/logo.png b/logo.png
new file mode 100644
Binary files /dev/null and b/logo.png differ
`;

const issue: IssueDetail = {
  number: 1,
  title: "sum(1, 2) is -1",
  state: "open",
  author: "stranger",
  createdAt: time,
  labels: [{ name: "orch:running", color: "fbca04" }],
  isPull: false,
  opening: comment(1, "stranger", "The tests fail:\nsee https://example.com/log."),
  comments: [
    comment(2, "maintainer", "/orch fix the failing tests", { association: "OWNER", reactions: { eyes: 1, heart: 0 } }),
    comment(3, "orch[bot]", progress, { edited: true }),
  ],
};

const check = { id: 7, name: "orch", status: "completed", conclusion: "success", title: "Tests pass" };

const pull: PullDetail = {
  ...issue,
  number: 2,
  title: "Fix the failing tests",
  author: "orch[bot]",
  labels: [],
  isPull: true,
  opening: comment(10, "orch[bot]", "Closes #1"),
  comments: [],
  draft: true,
  merged: false,
  head: { ref: "orch/1-t1", sha },
  base: { ref: "main" },
  commits: [{ sha, subject: "Add instead of subtracting", author: "orch[bot]", committedAt: time }],
  checks: [check],
  diff,
};

export type Posted = { number: number; login: string; body: string };

/** @param changes what a test wants otherwise; @param posted where posted comments go */
export function sampleView(changes: Partial<PageView> = {}, posted: Posted[] = []): PageView {
  const sample = { owner: "octo-org", name: "sample", private: true, archived: false, defaultBranch: "main" };
  const only =
    <Value>(value: Value) =>
    async (owner: string, repo: string): Promise<Value | undefined> =>
      owner === "octo-org" && repo === "sample" ? value : undefined;
  return {
    repositories: async () => [{ ...sample, description: "A library with a failing test" }],
    repository: only({
      ...sample,
      files: ["package.json", "test/a b#1?.js"],
      branches: [{ name: "main", sha }],
      commits: pull.commits,
      issues: [issue],
      pulls: [pull],
    }),
    file: async (_owner, _repo, ref, path) =>
      ref === "main" && ["package.json", "test/a b#1?.js"].includes(path) ? `{"path": "${path}"}\n` : undefined,
    commit: only(`commit ${sha}\nAuthor: orch[bot]\n\n    Add\n\n${diff}`),
    issue: async (owner, repo, number) => only([issue, pull].find((each) => each.number === number))(owner, repo),
    pull: async (owner, repo, number) => only(number === 2 ? pull : undefined)(owner, repo),
    checkRun: async (owner, repo, id) =>
      only(id === 7 ? { ...check, headSha: sha, app: "orch", summary: "**3** of 3 pass" } : undefined)(owner, repo),
    people: async () => [
      { login: "maintainer", role: "admin" },
      { login: "stranger", role: "read" },
    ],
    postComment: async (_owner, _repo, number, login, body) => {
      posted.push({ number, login, body });
      return undefined;
    },
    setLabel: async () => undefined,
    pressButton: async () => undefined,
    ...changes,
  };
}
