# The format and lint gates. Sourced by ./dev.

sources() { git ls-files -z --cached --others --exclude-standard -- '*.cpp' '*.hpp'; }

# format [--check]
format() {
  setup_packages "${check_packages[@]}"
  case ${1:-} in
    '') sources | xargs -0 clang-format-14 -i ;;
    --check) sources | xargs -0 clang-format-14 --dry-run -Werror || die "some sources are not formatted; './dev format' does it" ;;
    *) die "format takes no '$1', only --check" ;;
  esac
}

# The sources that differ from where this branch left the main one; on the main branch, from the last commit.
changed_sources() {
  local base
  base=$(git merge-base HEAD origin/main 2>/dev/null || git merge-base HEAD main 2>/dev/null || true)
  [[ -n $base && $base != $(git rev-parse HEAD) ]] || base=$(git rev-parse -q --verify HEAD^ || git hash-object -t tree /dev/null)
  { git diff --name-only --diff-filter=d "$base" -- '*.cpp' '*.hpp' && git ls-files --others --exclude-standard -- '*.cpp' '*.hpp'; } |
    sed 's/\.hpp$/.cpp/' | sort -u |  # a header is checked through the source of its name
    while read -r file; do if [[ -f $file ]]; then echo "$file"; fi; done
}

# lint [--all]: a source that includes LibTorch takes half a minute, so a change of everything is checked in part:
# after ten minutes no further source is begun, and the ones left out are named.
lint() {
  local all_sources budget=600
  [[ ${1:-} =~ ^(--all)?$ ]] || die "lint takes no '$1', only --all"
  setup
  setup_packages "${check_packages[@]}"
  configure lint
  if [[ ${1:-} == --all ]]; then
    budget=86400
    all_sources=$(git ls-files -- '*.cpp')
  else
    all_sources=$(changed_sources)
  fi
  local known
  known=$(grep -o '"file": "[^"]*"' build/lint/compile_commands.json | cut -d'"' -f4)
  local chosen=() file
  while read -r file; do
    if grep -qxF "$PWD/$file" <<<"$known"; then chosen+=("$file"); fi
  done <<<"$all_sources"
  say "clang-tidy on ${#chosen[@]} sources"
  ((${#chosen[@]})) || return 0
  # Sources without LibTorch first: they are quick.
  local status=0 deadline=$((SECONDS + budget))
  export -f tidy_one
  printf '%s\0' "${chosen[@]}" | xargs -0 -P "$(job_count)" -I{} bash -c 'tidy_one "$@"' _ "$(($(date +%s) + budget))" {} || status=1
  ((status == 0)) || die "clang-tidy found something"
}

tidy_one() {
  if (($(date +%s) > $1)); then
    echo "not checked for lack of time: $2" >&2
    return 0
  fi
  clang-tidy-14 -p build/lint --quiet --warnings-as-errors='*' "$2" 2> >(grep -vE '^[0-9]+ warnings? (generated|treated)' >&2)
}
