/** For scripts inside a sandbox: a git that runs no hook, asks nobody and tidies nothing, in a repository that an agent configured. */
export const QUIET_GIT = `
export GIT_TERMINAL_PROMPT=0
git() { command git -c core.hooksPath=/dev/null -c core.fsmonitor=false -c gc.auto=0 -c commit.gpgSign=false "$@"; }
`;
