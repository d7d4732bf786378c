/** How a shell asks `orch` what may stand next. Static: what there is, `orch __complete` says each time. */

const BASH = `# orch completion bash: put this into ~/.bashrc:  source <(orch completion bash)
_orch() {
  local IFS=$'\\n'
  COMPREPLY=($("\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _orch orch
`;

const ZSH = `#compdef orch
# orch completion zsh: put this into ~/.zshrc, behind compinit:  source <(orch completion zsh)
_orch() {
  local -a found
  found=("\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${found[1]}" ]]; then compadd -a found; else _files; fi
}
compdef _orch orch
`;

export const SCRIPTS = { bash: BASH, zsh: ZSH } as const;
