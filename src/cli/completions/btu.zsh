#compdef btu
# Completion for btu in zsh: source <(btu completion zsh), or as the file _btu in a folder of $fpath
# All answers come from btu itself, so they fit the version that is installed.

_btu() {
  local answer line
  local -a lines described
  answer="$(${(Q)words[1]/#\~/$HOME} __complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)" || return 1
  lines=("${(@f)answer}")
  if [[ $lines[1] == files ]]; then
    [[ $PREFIX == --*=* ]] && compset -P '*='
    _files
    return
  fi
  for line in "${(@)lines[2,-1]}"; do
    described+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
  done
  _describe -t btu btu described
}

if [[ $funcstack[1] == _btu ]]; then
  _btu "$@"
else
  compdef _btu btu
fi
