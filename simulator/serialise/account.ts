/** Accounts and the App as GitHub's JSON. */
import type { Account, AppIdentity, OtherApp } from "../store/model.ts";
import type { Schemas, World } from "../world.ts";

/** GitHub's opaque ids; only equality means anything. */
export const nodeId = (kind: string, id: number | string): string =>
  `${kind}_${Buffer.from(String(id)).toString("base64url")}`;

/** What a node id names; for one that was never given out, nothing that exists. */
export function readNodeId(nodeId: string): { kind: string; id: number } {
  const at = nodeId.indexOf("_");
  return { kind: nodeId.slice(0, at), id: Number(Buffer.from(nodeId.slice(at + 1), "base64url").toString()) };
}

export function user(world: World, account: Account): Schemas["simple-user"] {
  const name = encodeURIComponent(account.login);
  const url = `${world.url}/api/v3/users/${name}`;
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId(account.type === "Bot" ? "BOT" : "U", account.id),
    avatar_url: `${world.url}/avatars/u/${account.id}`,
    gravatar_id: "",
    url,
    html_url:
      account.type === "Bot" ? `${world.url}/apps/${account.login.replace("[bot]", "")}` : `${world.url}/${name}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: account.type,
    user_view_type: "public",
    site_admin: false,
  };
}

export function publicUser(world: World, account: Account): Schemas["public-user"] {
  return {
    ...user(world, account),
    name: account.login,
    company: null,
    blog: "",
    location: null,
    email: null,
    hireable: null,
    bio: null,
    twitter_username: null,
    public_repos: [...world.store.repositories.values()].filter((repo) => repo.owner === account && !repo.private)
      .length,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: account.createdAt,
    updated_at: account.createdAt,
  };
}

/** `organization` of a webhook, for repositories that an organization owns. */
export function organization(world: World, account: Account): Record<string, unknown> {
  const url = `${world.url}/api/v3/orgs/${encodeURIComponent(account.login)}`;
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId("O", account.id),
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: `${world.url}/avatars/u/${account.id}`,
    description: null,
  };
}

/** The App, as `app` of a check run and `performed_via_github_app` of a comment. */
export function integration(world: World): NonNullable<Schemas["integration"]> {
  const app: AppIdentity = world.app;
  return {
    id: app.id,
    slug: app.slug,
    node_id: nodeId("A", app.id),
    client_id: app.clientId,
    owner: user(world, app.owner),
    name: "orch",
    description: null,
    external_url: world.url,
    html_url: `${world.url}/apps/${app.slug}`,
    created_at: app.createdAt,
    updated_at: app.createdAt,
    permissions: app.permissions,
    events: app.events,
    installations_count: world.store.installations.size,
  };
}

/** Another App, as `app` of its checks. */
export function otherIntegration(world: World, app: OtherApp): NonNullable<Schemas["integration"]> {
  return {
    id: app.id,
    slug: app.slug,
    node_id: nodeId("A", app.id),
    owner: user(world, app.owner),
    name: app.slug,
    description: null,
    external_url: world.url,
    html_url: `${world.url}/apps/${app.slug}`,
    created_at: app.createdAt,
    updated_at: app.createdAt,
    permissions: { checks: "write", metadata: "read" },
    events: [],
  };
}
