#!/bin/sh
# Runs once per ref that a push moves: $1 is its name, $3 its new tip. Prints what GitHub prints, and the reason for the
# ref in a marked line, which push-report.ts puts where GitHub has it. Texts are worded as GitHub words them.
case "$3" in *[!0]*) ;; *) exit 0 ;; esac
ref=$1 tip=$3
say() { printf '%s\n' "$@" >&2; }
refuse() { say "simulator-reason $ref $1"; exit 1; }
violated="push declined due to repository rule violations"
say_violation() { say "error: GH013: Repository rule violations found for $ref."; }

workflows() {
  touched=$(git rev-list "$tip" --not --all -- .github/workflows) || exit 1
  [ -n "$touched" ] || return 0
  file=$(git diff-tree -r --root --no-commit-id --name-only $touched -- .github/workflows | head -n 1)
  refuse "refusing to allow a GitHub App to create or update workflow \`$file\` without \`workflows\` permission"
}

signatures() {
  unsigned= count=0
  for commit in $(git rev-list "$tip" --not --all); do
    git cat-file commit "$commit" | sed '/^$/q' | grep -q '^gpgsig' && continue
    unsigned="$unsigned  $commit
"
    count=$((count + 1))
  done
  [ "$count" -gt 0 ] || return 0
  [ "$count" = 1 ] && many="1 violation" || many="$count violations"
  say_violation
  say "Review all repository rules at $SIMULATOR_PAGE/rules?ref=$(printf %s "$ref" | sed 's,/,%2F,g')" ""
  say "- Commits must have verified signatures." "  Found $many:" "" "$unsigned"
  refuse "$violated"
}

# The first file and line of a commit's changed files that holds a secret.
secret_in() {
  git diff-tree -r --root --no-commit-id --name-only --diff-filter=d -z "$1" | tr '\0' '\n' | while IFS= read -r file; do
    line=$(git grep -I -n -h -E -e "$SIMULATOR_SECRETS" "$1" -- "$file" | head -n 1)
    [ -n "$line" ] && printf '%s:%s\n' "$file" "${line%%:*}"
  done | head -n 1
}

secrets() {
  guide=https://docs.github.com/code-security/secret-scanning/working-with-secret-scanning-and-push-protection
  for commit in $(git rev-list "$tip" --not --all); do
    found=$(secret_in "$commit")
    [ -n "$found" ] || continue
    say_violation
    say "" "- GITHUB PUSH PROTECTION" "  —————————————————————————————————————————"
    say "    Resolve the following violations before pushing again" "" "    - Push cannot contain secrets" "" ""
    say "     (?) Learn how to resolve a blocked push"
    say "     $guide/working-with-push-protection-from-the-command-line#resolving-a-blocked-push" "" ""
    say "      —— GitHub Personal Access Token ——————————————————————"
    say "       locations:" "         - commit: $commit" "           path: $found" ""
    say "       (?) To push, remove secret from commit(s) or follow this URL to allow the secret."
    say "       $SIMULATOR_PAGE/security/secret-scanning/unblock-secret/$(printf %.27s "$commit")" "" ""
    refuse "$violated"
  done
}

[ -z "$SIMULATOR_NO_WORKFLOWS" ] || workflows
[ -z "$SIMULATOR_SIGNED" ] || signatures
[ -z "$SIMULATOR_SECRETS" ] || secrets
exit 0
