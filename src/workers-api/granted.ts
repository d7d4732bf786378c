/**
 * Whether the installation has what publishing needs, seen before an agent starts. A permission that the App got later holds in an
 * installation only when its owner has accepted it.
 */
import type { GitHub } from "../github.ts";
import { Refused } from "./refused.ts";

const NEEDED = { contents: "to push a branch", pull_requests: "to open a pull request" } as const;

/** One request, as the App itself. Throws Refused, with what to do. */
export async function checkGranted(github: Pick<GitHub, "forApp">, installationId: number): Promise<void> {
  const app = await github.forApp();
  const { data } = await app.rest.apps.getInstallation({ installation_id: installationId });
  const lacks = (["contents", "pull_requests"] as const).filter((name) => data.permissions[name] !== "write");
  if (lacks.length === 0) return;
  const named = lacks.map((name) => `\`${name}: write\` (${NEEDED[name]})`).join(" and ");
  const message = `The GitHub App lacks the permission ${named} here. The owner of the installation accepts it at ${data.html_url}; then ask again.`;
  throw new Refused("permission_missing", message);
}
