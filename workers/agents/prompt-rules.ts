/** The rules that an agent is told to work by. Pure. */
import { oneLine } from "../../src/text/bound.ts";
import type { PromptInput } from "./prompt-input.ts";
import { readingRules } from "./prompt-reads.ts";
import { TALK } from "./prompt-talk.ts";

/** Whoever does not know it takes a 403 for a fault of the server, and spends the task's time on other ways. */
function networkRule(egress: "open" | "listed"): string {
  const reach = egress === "open" ? "public hosts" : "the hosts that are listed for this task";
  return `Your network leads to ${reach} alone, by the proxy that http_proxy names. A 403 from it, or an answer that begins with "Orch blocked", is final: go on without.`;
}

export function renderRules(input: PromptInput): string {
  const verify = input.verify ? oneLine(input.verify, 500) : undefined;
  const [branch, base] = [oneLine(input.branch, 255), oneLine(input.baseBranch, 255)];
  const network = input.egress ? [networkRule(input.egress)] : [];
  const rules = input.readOnly
    ? [...readingRules({ branch, base }), ...network]
    : [
        `Work only in the current folder: a git worktree on branch \`${branch}\`, made from \`${base}\`.`,
        "Commit your work with clear messages, or leave the changes in the folder. Orch publishes both as a pull request.",
        "Do not push, do not switch branches, do not open pull requests: you hold no credentials for GitHub.",
        "Do not touch `.github/workflows`: changes there are not published.",
        ...network,
        "Change what the task needs and nothing else.",
        ...(verify ? [`Your work is checked with \`${verify}\`. You are done when this command passes.`] : []),
        "If the task cannot be done, leave no half-done changes, and say why.",
        `${input.talks ? 'Unless you have called "finish", your' : "Your"} last words are for whoever reviews the work. Begin them with a title for all of it on a line of its own, as a commit's subject would be; below it say in a few sentences what you changed and why.`,
      ];
  const talk = input.talks ? `\n${TALK}` : "";
  return `# The rules\n\n${rules.map((rule) => `- ${rule}`).join("\n")}\n${talk}`;
}
