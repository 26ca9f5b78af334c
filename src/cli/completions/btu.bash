# Completion for btu in bash: source <(btu completion bash)
# All answers come from btu itself, so they fit the version that is installed.

_btu() {
  local rest=${COMP_LINE:0:COMP_POINT} trimmed word words=() i
  # Readline splits words at = and : too; what no blank divides belongs together.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    trimmed=${rest#"${rest%%[![:space:]]*}"}
    word=${COMP_WORDS[i]}
    ((${#word} > ${#trimmed})) && word=$trimmed
    if ((${#words[@]} == 0)) || [[ $trimmed != "$rest" ]]; then
      words+=("$word")
    else
      words[${#words[@]} - 1]+=$word
    fi
    rest=${trimmed#"$word"}
  done
  words=("${words[@]//[\"\'\\]/}")

  local current=${words[${#words[@]} - 1]} answer line value
  answer=$("${1/#\~/$HOME}" __complete "${words[@]:1}" 2>/dev/null) || return
  COMPREPLY=()
  if [[ ${answer%%$'\n'*} == files ]]; then
    compopt -o default
    return
  fi
  # Readline puts the answer in the place of what follows the last of these.
  local head=${current%"${current##*[=:]}"}
  [[ $COMP_WORDBREAKS == *:* ]] || head=${current%"${current##*=}"}
  while IFS= read -r line; do
    value=${line%%$'\t'*}
    printf -v value %q "${value#"$head"}"
    COMPREPLY+=("$value")
  done < <(tail -n +2 <<<"$answer")
}

complete -F _btu btu
