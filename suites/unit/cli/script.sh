# shellcheck shell=sh disable=SC2034
# What the scripts of this folder have in common: . "${0%/*}/script.sh"; their arguments are SIPREUSE SOURCE_DIR. Leaves them in a folder of their own.
set -u
sipreuse=$1 source=$2
journals=$source/suites/unit/reports/journals # sample journals
SIPREUSE_DATA=$source
export SIPREUSE_DATA
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 3
failures=0
complain() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}
# finish SENTENCE: that CTest looks for.
finish() {
    [ "$failures" = 0 ] && echo "$1"
    [ "$failures" = 0 ]
}
