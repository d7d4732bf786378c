/**
 * `orch a2a token add | list | revoke`: which other programs may ask, for which repositories, and for whom. GitHub is asked when a token
 * is made: for repositories and people that there are, by the numbers that stay theirs.
 */
import { type CallerRepository, CLIENT, makeTokens } from "../src/api/tokens.ts";
import { type Env, readBotConfig } from "../src/config.ts";
import { classify, type GitHub, makeGitHub } from "../src/github.ts";
import { makeLog } from "../src/log.ts";
import { mayWrite } from "../src/permission.ts";
import type { Actor } from "../src/task/task-spec.ts";
import { bare } from "../src/text/quote.ts";
import { completed } from "./doctor/role.ts";
import { noteDeed } from "./note-deed.ts";
import { table } from "./table.ts";
import { UsageError } from "./usage-error.ts";
import { withRedis } from "./with-redis.ts";

export type AddOptions = { repo: string[]; as?: string; json?: boolean };
type Json = { json?: boolean };

const REPOSITORY = /^[\w.-]{1,100}\/[\w.-]{1,100}$/;
const LOGIN = /^[a-z0-9][a-z0-9_-]{0,60}$/i;

/** Exit code 0 once it is made. Throws an Error that says what is wrong. */
export async function addToken(
  env: Env,
  client: string,
  { repo, as: login = client, json }: AddOptions,
): Promise<number> {
  if (!CLIENT.test(client)) throw new UsageError("a program's name has up to 39 of a-z, 0-9 and -");
  if (!LOGIN.test(login)) throw new UsageError("--as takes the login of a person on GitHub");
  const names = [...new Set(repo)];
  for (const name of names)
    if (!REPOSITORY.test(name)) throw new UsageError(`--repo takes owner/name, not ${bare(name, 100)}`);
  const github = makeGitHub(readBotConfig(completed(env)), makeLog("silent", "a2a-token"));
  const repositories = await Promise.all(names.map((name) => findRepository(github, name)));
  const actor = await findPerson(github, repositories, login);
  const token = await withRedis(env, "a2a-token", async (redis) => {
    const made = await makeTokens(redis).add({ client, repositories, actor, madeAt: Date.now() });
    await noteDeed(redis, env, { verb: "a2a token add", done: true, program: client });
    return made;
  });
  const made = { client, token, repositories: repositories.map(nameOf), as: actor.login };
  if (json) process.stdout.write(`${JSON.stringify(made)}\n`);
  else {
    process.stdout.write(`${token}\n`);
    process.stderr.write(
      `Give it to ${client}: it is shown this once. It asks for ${made.repositories.join(", ")} as ${actor.login}.\n`,
    );
  }
  return 0;
}

const nameOf = ({ owner, name }: CallerRepository): string => `${owner}/${name}`;

async function findRepository(github: GitHub, fullName: string): Promise<CallerRepository> {
  const [owner = "", repo = ""] = fullName.split("/");
  try {
    const { data: installation } = await (await github.forApp()).rest.apps.getRepoInstallation({ owner, repo });
    const octokit = await github.forInstallation(installation.id);
    const { data } = await octokit.rest.repos.get({ owner, repo });
    return { id: data.id, owner: data.owner.login, name: data.name, installationId: installation.id };
  } catch (error) {
    if (classify(error) !== "gone" && classify(error) !== "installation_gone") throw error;
    throw new Error(`the GitHub App does not reach ${fullName}: is it installed there, and is that its name?`, {
      cause: error,
    });
  }
}

async function findPerson(github: GitHub, repositories: readonly CallerRepository[], login: string): Promise<Actor> {
  const [first] = repositories;
  if (!first) throw new UsageError("name at least one repository");
  const octokit = await github.forInstallation(first.installationId);
  const { data } = await octokit.rest.users.getByUsername({ username: login }).catch((error: unknown) => {
    if (classify(error) !== "gone") throw error;
    throw new Error(`nobody on GitHub is called ${login}: say with --as for whom it asks`, { cause: error });
  });
  if (data.type !== "User") throw new Error(`${login} is no person: say with --as for whom it asks`);
  const actor = { id: data.id, login: data.login };
  for (const repository of repositories) {
    const there = await github.forInstallation(repository.installationId);
    if (!(await mayWrite(there, repository, actor)))
      throw new Error(
        `${actor.login} may not write to ${nameOf(repository)}, so all that it asks for there would be refused`,
      );
  }
  return actor;
}

/** Exit code 0, also when there are none. */
export async function listTokens(env: Env, { json }: Json): Promise<number> {
  const callers = await withRedis(env, "a2a-token", (redis) => makeTokens(redis).list());
  const all = callers.map(({ client, repositories, actor, madeAt }) => ({
    ...{ client, as: actor.login, repositories: repositories.map(nameOf), madeAt },
  }));
  if (json) process.stdout.write(`${JSON.stringify({ tokens: all })}\n`);
  else if (all.length === 0) process.stderr.write("No program has a token: `orch a2a token add` makes one.\n");
  else {
    const rows = all.map((each) => [
      ...[each.client, each.as, new Date(each.madeAt).toISOString().slice(0, 10), each.repositories.join(" ")],
    ]);
    const width = process.stdout.isTTY ? process.stdout.columns || 80 : undefined;
    process.stdout.write(`${table(["PROGRAM", "AS", "SINCE", "REPOSITORIES"], rows, width).join("\n")}\n`);
  }
  return 0;
}

/** Exit code 1 where it had none. */
export async function revokeToken(env: Env, client: string, { json }: Json): Promise<number> {
  const revoked = await withRedis(env, "a2a-token", async (redis) => {
    const number = await makeTokens(redis).revoke(client);
    await noteDeed(redis, env, { verb: "a2a token revoke", done: number > 0, program: client });
    return number;
  });
  if (json) process.stdout.write(`${JSON.stringify({ revoked })}\n`);
  else if (revoked === 0) process.stderr.write(`No token of ${bare(client, 60)}: \`orch a2a token list\` shows all.\n`);
  else process.stdout.write(`${client}  may ask for nothing any more\n`);
  return revoked === 0 ? 1 : 0;
}
