#!/usr/bin/env bash
# What the action does, after Python is there: installs policyc from the action's own checkout, runs the commands, writes annotations,
# the step summary and, where asked, the comment. The settings come in POLICYC_* (action.yml); nothing of them is ever part of a command's text.
set -uo pipefail

here=${GITHUB_ACTION_PATH:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
work=$(mktemp -d "${RUNNER_TEMP:-/tmp}/policyc.XXXXXX")
report="$work/report.md"
worst=0

# POLICYC_COMMAND lets a test bring its own policyc
if [ -n "${POLICYC_COMMAND:-}" ]; then
  policyc=("$POLICYC_COMMAND")
else
  python -m venv "$work/venv" || exit 3
  python=$(ls "$work"/venv/bin/python "$work"/venv/Scripts/python.exe 2>/dev/null | head -n 1)
  "$python" -m pip install --quiet --disable-pip-version-check --constraint "$here/tools/action-constraints.txt" "$here" || exit 3
  policyc=("$python" -m policyc)
fi

# an action that is used from a path has no address of its own for the pages of findings
case "${POLICYC_PAGES:-}" in *//blob/* | *blob//*) unset POLICYC_PAGES ;; esac

# one a line where one holds a blank
paths=()
case "${POLICYC_PATHS:-}" in
  *$'\n'*) while IFS= read -r path; do [ -z "$path" ] || paths+=("$path"); done <<< "$POLICYC_PATHS" ;;
  *) read -r -a paths <<< "${POLICYC_PATHS:-}" ;;
esac
base=()
if [ -n "${POLICYC_BASE:-}" ]; then
  # a checkout of one commit has no base: get that commit, and say so where that fails
  if git cat-file -e "${POLICYC_BASE}^{commit}" 2>/dev/null \
    || git fetch --quiet --no-tags --depth=1 origin -- "$POLICYC_BASE" 2>/dev/null; then
    base=(--base "$POLICYC_BASE")
  else
    echo "::warning title=policyc::the base is not at hand, so every finding is shown; check out with fetch-depth 0"
  fi
fi

# one command: its report goes where it is told, its status counts; what another one has told already is not told again
: > "$work/said"
run() {
  "${policyc[@]}" "$@" > "$work/says"
  status=$?
  grep -vxFf "$work/said" "$work/says"
  cat "$work/says" >> "$work/said"
  # 4: there are documents, and no policies that could hold a test
  if [ "$1" != check ] && [ "$status" -eq 4 ]; then status=0; fi
  [ "$status" -le "$worst" ] || worst=$status
  return 0
}

run check ${paths[@]+"${paths[@]}"} ${base[@]+"${base[@]}"} --format github
"${policyc[@]}" check ${paths[@]+"${paths[@]}"} ${base[@]+"${base[@]}"} --format markdown --output "$report" || true
if [ "${#base[@]}" -gt 0 ]; then
  # what the change grants or takes away comes first; where it cannot be told the findings still can
  "${policyc[@]}" diff "${POLICYC_BASE}...HEAD" --format markdown --output "$work/diff.md" 2> "$work/refused"
  told=$?
  if [ "$told" -eq 2 ] && [ ! -s "$work/diff.md" ]; then # a checkout without its history: the tip of the base is the next best
    "${policyc[@]}" diff "${POLICYC_BASE}..HEAD" --format markdown --output "$work/diff.md"
    told=$?
  fi
  {
    # 11: a part of it is not settled, and the report says which
    if [ "$told" -gt 1 ] && [ "$told" -ne 11 ]; then
      printf '%s\n\n' '**policyc diff**: what this change grants or takes away is not known, since one of the two sides cannot be read'
      grep -vxFf "$report" "$work/diff.md" 2>/dev/null
    else
      cat "$work/diff.md"
    fi
    echo
    cat "$report" 2>/dev/null
  } > "$work/both.md"
  mv "$work/both.md" "$report"
fi
if [ -n "${POLICYC_SARIF:-}" ]; then
  # code scanning compares states by itself, so it gets everything
  "${policyc[@]}" check ${paths[@]+"${paths[@]}"} --format sarif --output "$POLICYC_SARIF" || true
fi
if [ "${POLICYC_TEST:-}" = true ]; then
  run test --format github
  # what keeps the tests from running stands among the findings
  if "${policyc[@]}" test --format markdown > "$work/tests.md" 2>/dev/null || grep -q '^\*\*policyc test' "$work/tests.md"; then
    { echo; cat "$work/tests.md"; } >> "$report"
  fi
fi
if [ "${POLICYC_BUILD:-}" = true ]; then
  run build --check --format github
  # what keeps the policies from being compiled stands among the findings
  if [ "$status" -ne 0 ] && { "${policyc[@]}" build --check > "$work/says" 2>/dev/null; grep -qE '^(missing|stale|extra|leftover|differs): ' "$work/says"; }; then
    { printf '\n%s\n\n' '**policyc build**: not all documents are what the policies compile to'; sed 's/^/    /' "$work/says"; } >> "$report"
  fi
fi

[ -e "$report" ] || echo "**policyc** ended before it had a report; the log says why" > "$report"
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
  # more than 1 MiB and nothing is shown
  head -c 900000 "$report" >> "$GITHUB_STEP_SUMMARY"
fi
if [ -n "${GITHUB_OUTPUT:-}" ]; then
  { echo "report=$report"; echo "status=$worst"; } >> "$GITHUB_OUTPUT"
fi
if [ "${POLICYC_COMMENT:-}" = true ] && [ -n "${POLICYC_PULL:-}" ]; then
  # a pull request from a fork has a token that may only read: the summary has the report then
  python3 "$here/tools/comment.py" "$report" || echo "::notice title=policyc::the comment could not be written; the step summary has the report"
fi
exit "$worst"
