/**
 * Who may clone and push. Basic credentials with a token as password (`x-access-token:TOKEN`); public repositories are
 * readable by anybody; answers are those that git clients of GitHub see.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { pushing } from "./actions/pushes.ts";
import { type Actor, actorOfToken, basicPassword } from "./auth/actor.ts";
import { allows, atLeast, covers, roleOf } from "./auth/permissions.ts";
import type { Forbidden } from "./git/hooks.ts";
import { serveGit } from "./git/transport.ts";
import { ApiError } from "./routes/reply.ts";
import { pageUrl } from "./serialise/repository.ts";
import type { Repository } from "./store/model.ts";
import { fullName, movedRepository, repositoryByName } from "./store/store.ts";
import { violated, type World } from "./world.ts";

export type GitCall = { owner: string; name: string; service: string };

/** The parts of a git URL, with or without `.git`, or undefined when it is none. */
export function parseGitPath(path: string): GitCall | undefined {
  const match = /^\/([^/]+)\/([^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/.exec(path);
  return match ? { owner: match[1] ?? "", name: match[2] ?? "", service: match[3] ?? "" } : undefined;
}

const needsLogin = { "www-authenticate": 'Basic realm="GitHub"' };

function actorOf(world: World, authorization: string | undefined): Actor {
  const encoded = /^basic\s+(.+)$/i.exec(authorization ?? "")?.[1];
  if (encoded === undefined) return { kind: "anonymous" };
  try {
    return actorOfToken(world, basicPassword(encoded));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    const text = "Invalid username or token. Password authentication is not supported for Git operations.";
    throw new ApiError(401, text, undefined, needsLogin);
  }
}

function mayRead(actor: Actor, repo: Repository): boolean {
  if (!repo.private) return true;
  if (actor.kind === "user") return roleOf(repo, actor.account) !== undefined;
  return actor.kind === "installation" && covers(actor, repo) && allows(actor, "contents:read");
}

function mayWrite(actor: Actor, repo: Repository): boolean {
  if (actor.kind === "user") return atLeast(roleOf(repo, actor.account), "write");
  return actor.kind === "installation" && covers(actor, repo) && allows(actor, "contents:write");
}

/** The repository, when the actor may; throws what the client is to be told. */
function admit(world: World, actor: Actor, call: GitCall, writes: boolean, search: string): Repository {
  const moved = movedRepository(world.store, call.owner, call.name);
  const repo = moved ?? repositoryByName(world.store, call.owner, call.name);
  const anonymous = actor.kind === "anonymous";
  if (!repo || !mayRead(actor, repo)) {
    // GitHub asks strangers to log in rather than tell them what exists.
    if (anonymous) throw new ApiError(401, "Repository not found.", undefined, needsLogin);
    throw new ApiError(404, "Repository not found.");
  }
  if (moved) {
    const location = `${world.url}/${fullName(moved)}.git/${call.service}${search}`;
    throw new ApiError(301, "Moved Permanently", undefined, { location });
  }
  if (!writes) return repo;
  if (anonymous) throw new ApiError(401, "Authentication required.", undefined, needsLogin);
  if (repo.archived) throw new ApiError(403, "This repository was archived so it is read-only.");
  if (mayWrite(actor, repo)) return repo;
  if (actor.kind !== "user") throw new ApiError(403, "Write access to repository not granted.");
  throw new ApiError(403, `Permission to ${fullName(repo)}.git denied to ${actor.account.login}.`);
}

const mayTouchWorkflows = (actor: Actor): boolean => actor.kind !== "installation" || allows(actor, "workflows:write");

const forbiddenTo = (world: World, actor: Actor, repo: Repository): Forbidden => ({
  workflows: !mayTouchWorkflows(actor),
  unsigned: repo.rules.signedCommits && !repo.rules.bypass,
  secrets: repo.rules.secrets,
  page: pageUrl(world, repo),
});

/** Who it was that a fault answers, as far as the credentials tell. */
export function overhearGit(world: World, request: IncomingMessage): Actor {
  request.resume();
  try {
    return actorOf(world, request.headers.authorization);
  } catch (error) {
    if (error instanceof ApiError) return { kind: "anonymous" };
    throw error;
  }
}

/**
 * Serves one git request; the response is finished on return. Tells who it was.
 * @param body what the client sent, where it was read before: the request is then carried out whoever still waits
 */
export async function answerGit(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
  call: GitCall,
  url: URL,
  body?: Buffer,
): Promise<Actor> {
  const writes = [call.service, url.searchParams.get("service")].includes("git-receive-pack");
  let actor: Actor = { kind: "anonymous" };
  try {
    actor = actorOf(world, request.headers.authorization);
    const repo = admit(world, actor, call, writes, url.search);
    if (actor.kind === "installation") actor.token.uses[writes ? "push" : "fetch"] += 1;
    const user = actor.kind === "user" || actor.kind === "installation" ? actor.account : undefined;
    const serve = () =>
      serveGit(request, response, {
        dir: repo.dir,
        service: call.service,
        query: url.search.slice(1),
        user: user?.login ?? "",
        forbidden: forbiddenTo(world, actor, repo),
        body,
      });
    if (call.service !== "git-receive-pack" || !user) await serve();
    else await pushing(world, repo, { account: user, viaApp: actor.kind === "installation" }, serve);
    response.end();
  } catch (error) {
    refuse(world, request, response, error);
  }
  return actor;
}

function refuse(world: World, request: IncomingMessage, response: ServerResponse, error: unknown): void {
  request.resume();
  const known = error instanceof ApiError;
  if (!known) violated(world, `the simulator failed at git: ${error instanceof Error ? error.stack : error}`);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const headers = { "content-type": "text/plain; charset=utf-8", ...(known ? error.headers : {}) };
  response.writeHead(known ? error.status : 500, headers).end(known ? `${error.message}\n` : "Server Error\n");
}
