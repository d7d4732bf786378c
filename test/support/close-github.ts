/** Ends a simulated GitHub, and fails the test that used it when an exchange or a webhook was not as GitHub describes it. */
import type { Simulator } from "../../simulator/simulator.ts";

export async function closeGitHub(github: Simulator): Promise<void> {
  const violations = [...new Set(github.violations())];
  await github.close();
  if (violations.length > 0) throw new Error(`GitHub's schema was violated:\n${violations.join("\n")}`);
}
