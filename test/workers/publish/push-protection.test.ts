import { expect, test } from "vitest";
import { readPushVerdict } from "../../../workers/publish/push-verdict.ts";

const heading = (name: string) => `      —— ${name} ——————————————————————`;
const place = (path: string) => [
  "       locations:",
  "         - commit: 8728dbe67c1cc4a2",
  `           path: ${path}`,
  "",
];
const address = (id: string) => [
  "       (?) To push, remove secret from commit(s) or follow this URL to allow the secret.",
  `       https://github.com/octo-org/sample/security/secret-scanning/unblock-secret/${id}`,
  "",
];
const before = [
  "error: GH013: Repository rule violations found for refs/heads/topic.",
  "",
  "- GITHUB PUSH PROTECTION",
  "  —————————————————————————————————————————",
  "    Resolve the following violations before pushing again",
  "",
  "    - Push cannot contain secrets",
  "",
  "     (?) Learn how to resolve a blocked push",
  `     https://docs.github.com/code-security/secret-scanning/${"working-with-".repeat(20)}`,
  "",
];

function verdictOn(...said: string[]) {
  const stderr = said.map((line) => `remote: ${line}`).join("\n");
  const stdout =
    "!\tHEAD:refs/heads/topic\t[remote rejected] (push declined due to repository rule violations)\nDone\n";
  return readPushVerdict({ stdout, stderr }, "topic");
}

test("what looks like a secret is named with its place and the address that lets it pass", () => {
  const said = [...before, heading("Amazon AWS Access Key ID"), ...place("src/my key.js:2"), ...address("2aBc-_9")];
  expect(verdictOn(...said)).toEqual({
    kind: "refused",
    reason:
      "GitHub's push protection takes something in these commits for a secret: Amazon AWS Access Key ID in src/my key.js:2. If it is none, let it pass at https://github.com/octo-org/sample/security/secret-scanning/unblock-secret/2aBc-_9 and ask again.",
  });
});

test("of many secrets three are named, and the first address", () => {
  const paths = ["a.js:1", "b.js:1", "c.js:1", "d.js:1", "e.js:1"];
  const said = paths.flatMap((path) => [heading("Stripe API Key"), ...place(path), ...address(path.slice(0, 1))]);
  const { reason } = verdictOn(...before, ...said) as { reason: string };
  expect(reason).toContain("Stripe API Key in c.js:1, and 2 more.");
  expect(reason).toContain("/unblock-secret/a and ask again");
  expect(reason.length).toBeLessThan(500);
});

test("a block without a place or an address is told all the same", () => {
  expect(verdictOn(...before)).toEqual({
    kind: "refused",
    reason: "GitHub's push protection takes something in these commits for a secret.",
  });
});

test("another rule is told in GitHub's words, without the lines that it draws", () => {
  const said = ["error: GH013: Repository rule violations found for refs/heads/topic.", "——————", "- Too large."];
  expect(verdictOn(...said)).toMatchObject({ reason: expect.stringMatching(/GH013.*topic\. - Too large\.$/) });
});
