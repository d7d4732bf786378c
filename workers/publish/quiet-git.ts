/** For scripts inside a sandbox: a git that runs no hook, asks nobody and tidies nothing, in a repository that an agent configured. */
export const QUIET_GIT = `
export GIT_TERMINAL_PROMPT=0
git() { command git -c core.hooksPath=/dev/null -c core.fsmonitor=false -c gc.auto=0 -c commit.gpgSign=false "$@"; }
`;

/** Who makes commits in the place of an agent. They are made anew as the bot's before anybody sees them. */
export const AGENT_IDENTITY = {
  GIT_AUTHOR_NAME: "Orch agent",
  GIT_AUTHOR_EMAIL: "agent@orch.invalid",
  GIT_COMMITTER_NAME: "Orch agent",
  GIT_COMMITTER_EMAIL: "agent@orch.invalid",
};
