/**
 * Who we are on GitHub: the App, and the user that its comments and commits carry. The same for all installations, so
 * what one installation may not see, or GitHub's refusal of it, must never look like the failure of somebody's task.
 */
import type { Octokit } from "./github.ts";

export type AppIdentity = { id: number; slug: string; botId: number; botLogin: string };

/** What the commits carry, so that GitHub links them to the App. */
export const emailOf = ({ botId, botLogin }: Pick<AppIdentity, "botId" | "botLogin">): string =>
  `${botId}+${botLogin}@users.noreply.github.com`;

/**
 * `readers`: clients that may read users, tried in order; the App's own JWT may not.
 * @throws Error without a status, whatever GitHub answered: it passes as far as any task is concerned.
 */
export async function readAppIdentity(
  app: () => Promise<Octokit>,
  readers: readonly (() => Promise<Octokit>)[],
): Promise<AppIdentity> {
  try {
    const { data } = await (await app()).rest.apps.getAuthenticated();
    if (!data?.slug) throw new Error("GitHub does not say which App this is: check APP_ID and PRIVATE_KEY");
    const botLogin = `${data.slug}[bot]`;
    return { id: data.id, slug: data.slug, botId: await userId(botLogin, readers), botLogin };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`GitHub does not tell us who we are: ${why}`, { cause: error });
  }
}

/** The bot's user id goes into the commits' e-mail address, so that GitHub links them to the App. */
async function userId(login: string, readers: readonly (() => Promise<Octokit>)[]): Promise<number> {
  const errors: unknown[] = [];
  for (const reader of readers) {
    try {
      return (await (await reader()).rest.users.getByUsername({ username: login })).data.id;
    } catch (error) {
      errors.push(error);
    }
  }
  throw new AggregateError(errors, `the user ${login} cannot be read`);
}
