/** Who the App can be: its JWT, its tokens in both formats, their restrictions and their end. */
import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { appJwt, asApp, asBot, installationToken, octokit, sample, simulator } from "./support/setting.ts";

const status = (status: number) => expect.objectContaining({ status });

test("an App speaks by a JWT in the name of its client id or its numeric id", async () => {
  const { github } = await sample();
  for (const iss of [github.app.clientId, github.app.id, String(github.app.id)]) {
    const answer = await octokit(github, appJwt(github, { iss })).apps.getAuthenticated();
    expect(answer.data?.slug).toBe("orch");
  }
});

test("an App lists its installations and finds one by id, repository and owner", async () => {
  const { github, repo, at } = await sample();
  const app = asApp(github);
  const found = [
    ...(await app.apps.listInstallations()).data,
    (await app.apps.getInstallation({ installation_id: repo.installationId })).data,
    (await app.apps.getRepoInstallation(at)).data,
    (await app.apps.getOrgInstallation({ org: "octo-org" })).data,
  ];
  expect(found.map((each) => each.id)).toEqual(Array(4).fill(repo.installationId));
});

test("a JWT that is expired, too long-lived, from the future, of another App or of another key is refused", async () => {
  const github = await simulator();
  const otherKey = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  }).privateKey;
  const wrong: [string, string][] = [
    ["expired", appJwt(github, { exp: -10 })],
    ["a day long", appJwt(github, { exp: 86_400 })],
    ["half a minute more than ten", appJwt(github, { exp: 630 })],
    ["issued in the future", appJwt(github, { iat: 300 })],
    ["of another App", appJwt(github, { iss: 1 })],
    ["of another key", appJwt(github, {}, otherKey)],
    ["no JWT at all", "a.b.c"],
  ];
  for (const [name, jwt] of wrong)
    await expect(octokit(github, jwt).apps.getAuthenticated(), name).rejects.toEqual(status(401));
});

test("unknown, expired and revoked tokens are refused, and an App route wants the JWT", async () => {
  const { github, repo, at } = await sample();
  await expect(octokit(github, "nonsense").users.getAuthenticated()).rejects.toEqual(status(401));
  const bot = await asBot(github, repo.installationId);
  expect((await bot.apps.listReposAccessibleToInstallation()).data.total_count).toBe(1);
  await expect(bot.apps.getAuthenticated()).rejects.toEqual(status(401));
  await bot.apps.revokeInstallationAccessToken();
  await expect(bot.repos.get(at)).rejects.toEqual(status(401));
  const another = await asBot(github, repo.installationId);
  github.expireTokens();
  await expect(another.repos.get(at)).rejects.toEqual(status(401));
});

test("both token formats begin with ghs_; the stateless one is long and has two dots", async () => {
  const { github, repo } = await sample();
  expect(await installationToken(github, repo.installationId)).toMatch(/^ghs_[A-Za-z0-9]{36}$/);
  github.setTokenFormat("stateless");
  const token = await installationToken(github, repo.installationId);
  expect(token).toMatch(/^ghs_\d+_[\w-]+\.[\w-]+\.[\w-]+$/);
  expect(token.length).toBeGreaterThan(450);
  const forced = await asApp(github).request("POST /app/installations/{installation_id}/access_tokens", {
    installation_id: repo.installationId,
    headers: { "x-github-stateless-s2s-token": "disabled" },
  });
  expect(forced.data.token).toHaveLength(40);
  await octokit(github, token).repos.get({ owner: repo.owner, repo: repo.name });
  expect(github.tokensIssued()).toEqual([
    { format: "classic", length: 40, uses: { rest: 0, fetch: 0, push: 0 } },
    { format: "stateless", length: token.length, uses: { rest: 1, fetch: 0, push: 0 } },
    { format: "classic", length: 40, uses: { rest: 0, fetch: 0, push: 0 } },
  ]);
});

test("a token reaches only its repositories and does only what it was granted", async () => {
  const { github, repo, at } = await sample({ private: true });
  const other = await github.createRepository({ owner: "octo-org", name: "other", private: true, files: { a: "b" } });
  expect(other.installationId).toBe(repo.installationId);
  const scope = { repository_ids: [repo.id], permissions: { contents: "read" as const } };
  const bot = await asBot(github, repo.installationId, scope);
  expect((await bot.repos.getContent({ ...at, path: "README.md" })).status).toBe(200);
  await expect(bot.repos.get({ owner: "octo-org", repo: "other" })).rejects.toEqual(status(404));
  await expect(bot.issues.create({ ...at, title: "no" })).rejects.toEqual(status(403));
  await expect(bot.issues.listForRepo(at)).rejects.toEqual(status(403));
  const app = asApp(github);
  const wanted = { installation_id: repo.installationId };
  await expect(
    app.apps.createInstallationAccessToken({ ...wanted, permissions: { administration: "write" } }),
  ).rejects.toEqual(status(422));
  await expect(app.apps.createInstallationAccessToken({ ...wanted, repository_ids: [1] })).rejects.toEqual(status(422));
});

test("a suspended installation gives no tokens and takes none; a deleted one is gone", async () => {
  const { github, repo, at } = await sample();
  const bot = await asBot(github, repo.installationId);
  github.suspendInstallation(repo.installationId);
  await expect(bot.repos.get(at)).rejects.toEqual(status(403));
  await expect(installationToken(github, repo.installationId)).rejects.toEqual(status(403));
  github.unsuspendInstallation(repo.installationId);
  expect((await bot.repos.get(at)).status).toBe(200);
  github.deleteInstallation(repo.installationId);
  await expect(bot.repos.get(at)).rejects.toEqual(status(401));
  await expect(installationToken(github, repo.installationId)).rejects.toEqual(status(404));
  await expect(asApp(github).apps.getRepoInstallation(at)).rejects.toEqual(status(404));
});
