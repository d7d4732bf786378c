/**
 * What Orch must do besides, in raw parts and nothing between them: Probot's client asks GitHub what has to be known (may the
 * person write, which issue, which agent, where does the branch stand, a token, the comments, may the work be pushed), as much
 * at once as can be; then the yardstick's shell makes the worktree and the session, with its program in a bubblewrap of the
 * ordinary kind.
 */
import { Probot, ProbotOctokit } from "probot";
import type { GitHubProcess, RepositoryWithIssue } from "../system/github.ts";
import { openRaw, type Raw } from "./raw.ts";

const MAINTAINER = "maintainer";

/** bubblewrap's usual set: the system read-only, namespaces of one's own. The yardstick's program follows. */
const BWRAP = [
  "bwrap --unshare-user --unshare-pid --unshare-ipc --unshare-uts --unshare-net --die-with-parent --new-session",
  "--ro-bind /usr /usr --ro-bind /etc /etc --symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64",
  '--proc /proc --dev /dev --tmpfs /tmp --bind "$PWD" "$PWD" --chdir "$PWD"',
].join(" ");

function unlessAbsent(error: { status?: number }): void {
  if (error.status !== 404) throw error;
}

/** `dir` and `mirror`: as for the yardstick. */
export async function openDuties(
  dir: string,
  mirror: string,
  github: GitHubProcess,
  { id, owner, name, issue }: RepositoryWithIssue,
): Promise<Raw> {
  const raw = openRaw(dir, mirror, BWRAP);
  const { app, port } = github.info;
  const probot = new Probot({
    appId: app.id,
    privateKey: app.privateKey,
    baseUrl: `http://127.0.0.1:${port}/api/v3`,
    secret: crypto.randomUUID(),
    logLevel: "fatal",
    Octokit: ProbotOctokit.defaults({ throttle: { enabled: false }, retry: { enabled: false } }), // as on Orch's side
  });
  const place = { owner, repo: name };
  const asApp = await probot.auth();
  const installationId = (await asApp.rest.apps.getRepoInstallation(place)).data.id;
  const installation = await probot.auth(installationId);
  return {
    async start() {
      const at = performance.now();
      await Promise.all([
        installation.rest.repos.getCollaboratorPermissionLevel({ ...place, username: MAINTAINER }),
        installation.rest.issues.get({ ...place, issue_number: issue }),
        // Which agent the repository wishes for: most have no such folder.
        installation.rest.repos.getContent({ ...place, path: ".github" }).catch(unlessAbsent),
      ]);
      await Promise.all([
        asApp.rest.apps.createInstallationAccessToken({ installation_id: installationId, repository_ids: [id] }),
        installation.rest.git.getRef({ ...place, ref: "heads/main" }),
        installation.rest.issues.listComments({ ...place, issue_number: issue }),
        // Whether there is any use in the work: may it be pushed?
        installation.rest.repos.getBranchRules({ ...place, branch: "orch/0" }),
        asApp.rest.apps.getInstallation({ installation_id: installationId }),
      ]);
      const askedMs = performance.now() - at;
      return askedMs + (await raw.start());
    },
    stop: raw.stop,
  };
}
