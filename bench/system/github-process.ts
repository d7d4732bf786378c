/** The simulator in a process of its own, so that what GitHub does costs the measured processes nothing. Not judging: that is for tests. */
import { startSimulator } from "../../simulator/simulator.ts";
import { serveQuestions } from "../child.ts";
import type { GitHubInfo, NewRepository, RepositoryWithIssue, Sent, Spent } from "./github.ts";

const simulator = await startSimulator({ strict: false, dataDir: process.env.GITHUB_DATA });
const MAINTAINER = simulator.createUser("maintainer").login;
const FILES_PER_FOLDER = 16;

serveQuestions({
  info: (): GitHubInfo => ({ port: simulator.port, app: simulator.app }),
  hearAt: (url: string) => simulator.setWebhookUrl(url),
  async create({ name, files, extra }: NewRepository): Promise<RepositoryWithIssue> {
    const repository = await simulator.createRepository({
      owner: MAINTAINER,
      name,
      files: { ...manyFiles(files), ...extra },
      collaborators: { [MAINTAINER]: "admin" },
    });
    const { number } = await simulator.openIssue(repository, {
      as: MAINTAINER,
      title: "The tests fail",
      body: "Since today.",
    });
    return { ...repository, issue: number };
  },
  spent: (installationId: number): Spent => simulator.usage(installationId),
  /** Writes a comment; resolves with the time at which its webhook was sent. */
  async comment({ repository, body }: { repository: RepositoryWithIssue; body: string }): Promise<Sent> {
    const { id } = await simulator.comment(repository, repository.issue, body, { as: MAINTAINER });
    const isIts = (payload: Record<string, unknown>) => (payload.comment as { id?: number } | undefined)?.id === id;
    const delivery = simulator.deliveries().findLast(({ request }) => isIts(request.payload));
    if (!delivery) throw new Error("the comment made no delivery");
    return { commentId: id, at: Date.parse(delivery.deliveredAt) };
  },
});

/** About 3 kB a file, in folders of 16. */
function manyFiles(count: number): Record<string, string> {
  const line = (index: number) => `export const value${index} = ${index}; // one of many lines of source text\n`;
  const files = Array.from({ length: count }, (_, index) => {
    const folder = `source/part-${Math.floor(index / FILES_PER_FOLDER)}`;
    return [`${folder}/file-${index}.ts`, line(index).repeat(45)] as const;
  });
  return Object.fromEntries(files);
}
