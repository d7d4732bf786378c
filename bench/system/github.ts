/** A GitHub on loopback, in its own process. */
import type { RepositoryInfo, Simulator } from "../../simulator/simulator.ts";
import { startChild } from "../child.ts";

export type GitHubInfo = { port: number; app: Simulator["app"] };
export type NewRepository = {
  name: string;
  files: number /** Further files by path. */;
  extra?: Record<string, string>;
};
export type RepositoryWithIssue = RepositoryInfo & { issue: number };
/** `at`: Unix ms. */
export type Sent = { commentId: number; at: number };

/** Of its limits, by the installation of a repository. */
export type Spent = Pick<ReturnType<Simulator["usage"]>, "requests" | "notModified" | "contentWrites">;

export type GitHubProcess = Awaited<ReturnType<typeof startGitHub>>;

/** `dataDir`: for its repositories; the caller removes it. */
export async function startGitHub(dataDir: string) {
  const child = startChild(new URL("github-process.ts", import.meta.url), { env: { GITHUB_DATA: dataDir } });
  return {
    info: (await child.ask("info")) as GitHubInfo,
    hearAt: (url: string) => child.ask("hearAt", url),
    create: async (wanted: NewRepository) => (await child.ask("create", wanted)) as RepositoryWithIssue,
    comment: async (repository: RepositoryWithIssue, body: string) =>
      (await child.ask("comment", { repository, body })) as Sent,
    spent: async ({ installationId }: RepositoryWithIssue) => (await child.ask("spent", installationId)) as Spent,
    stop: child.stop,
  };
}
