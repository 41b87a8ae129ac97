#!/bin/sh
# The kill matrix as a whole, on a few scenarios: check_kill_matrix.sh SIPREUSE SOURCE_DIR
# What cannot be told apart is said in all three forms; and a matrix that is killed leaves neither runs nor its folder behind.
# shellcheck source=suites/unit/cli/script.sh
. "${0%/*}/script.sh"
mkdir "$work/tmp"
TMPDIR=$work/tmp # of the matrix: known by it are its folder and every process that it has started
export TMPDIR
# Processes whose environment has our TMPDIR, this shell's own ones excepted.
left_behind() {
    for one in /proc/[0-9]*; do
        tr '\0' '\n' <"$one/environ" 2>/dev/null | grep -q -x -F "TMPDIR=$TMPDIR" || continue
        case "$(tr '\0' ' ' <"$one/cmdline" 2>/dev/null)" in
            "$sipreuse "*) echo "${one#/proc/} $(tr '\0' ' ' <"$one/cmdline")" ;;
        esac
    done
}

# Both refuse a request with alias that came without a certificate, and this scenario alone cannot say which of them did.
status=0
"$sipreuse" kill-matrix --json --report "$work/page.md" --fault 'reject-alias*' authentication/no-certificate-serves \
    >"$work/matrix.json" 2>"$work/err" || status=$?
[ "$status" -le 1 ] || complain "kill-matrix: exit $status: $(cat "$work/err")"
python3 - "$work/matrix.json" "$work/page.md" <<'PYTHON' || complain "the groups of faults that cannot be told apart"
import json, sys
matrix = json.load(open(sys.argv[1]))
page = open(sys.argv[2]).read().split("## Faults that cannot be told apart")[1]
groups = matrix["indistinguishable"]
seen = [name for group in groups for name in group]
assert matrix["indistinguishable"] == [["reject-alias", "reject-alias-without-certificate"]], matrix["indistinguishable"]
assert page.strip().endswith("- `reject-alias`, `reject-alias-without-certificate`"), page
PYTHON
status=0
"$sipreuse" kill-matrix --fault 'reject-alias*' authentication/no-certificate-serves >"$work/out" 2>&1
grep -q -x '  not told apart: reject-alias, reject-alias-without-certificate' "$work/out" || complain "the text lacks the group: $(cat "$work/out")"
[ -z "$(ls "$TMPDIR")" ] || complain "a matrix that ended left $(ls "$TMPDIR")"

# Nothing can turn red there: what the scenario observes is another thing than in all three runs without the fault.
"$sipreuse" kill-matrix --json --report "$work/told.md" --fault rport-unasked 3581-4-not-asked >"$work/told.json" 2>"$work/err" ||
    complain "a row that only tells: exit $?: $(cat "$work/err")"
python3 - "$work/told.json" "$work/told.md" <<'PYTHON' || complain "what a row that only tells says"
import json, sys
fault, = json.load(open(sys.argv[1]))["faults"]
assert fault["killed"] and fault["told"] == ["3581-4-not-asked"] and not fault["missed"], fault
assert {tuple(kill["difference"].values()) for kill in fault["killed_by"]} == {("rport_unasked", "true", "false")}, fault
assert "3581-4-not-asked: `wire/no-rport` (rport_unasked: true, without the fault: false)" in open(sys.argv[2]).read()
PYTHON

# A matrix in the middle of things: at least one of its runs has begun its journal. Sets $matrix.
begin() {
    "$sipreuse" kill-matrix --fault 'alias-*' >"$work/out" 2>&1 &
    matrix=$!
    for _ in $(seq 2000); do
        ls "$TMPDIR"/*/*/events.jsonl >/dev/null 2>&1 && break
        kill -0 "$matrix" || break
        sleep 0.05
    done
    ls "$TMPDIR"/*/*/events.jsonl >/dev/null 2>&1 || complain "the matrix never began: $(cat "$work/out")"
    [ -n "$(left_behind)" ] || complain "this test does not see the matrix's processes"
}
nothing_is_left() { # WHEN
    for _ in $(seq 600); do
        [ -z "$(left_behind)$(ls "$TMPDIR")" ] && break
        sleep 0.05
    done
    [ -z "$(left_behind)" ] || complain "$1: processes are left: $(left_behind)"
    [ -z "$(ls "$TMPDIR")" ] || complain "$1: the folder is left: $(ls "$TMPDIR")"
}

begin
kill -9 "$matrix"
wait "$matrix" 2>/dev/null
nothing_is_left "killed"

# Interrupted: what goes on is told to end, and nothing is judged.
begin
kill -TERM "$matrix"
status=0
wait "$matrix" 2>/dev/null || status=$?
[ "$status" = 130 ] && grep -q 'nothing is judged' "$work/out" || complain "interrupted: exit $status: $(tail -n 3 "$work/out")"
nothing_is_left "interrupted"

# The process that starts the runs is the matrix's child in the matrix's session: when it is gone, no run is waited for.
begin
for one in /proc/[0-9]*/stat; do
    # After the name in parentheses: state, parent, group, session.
    read -r _ parent _ session _ <<END
$(sed 's/.*) //' "$one" 2>/dev/null)
END
    [ "$parent" = "$matrix" ] && [ "$session" = "$(sed 's/.*) //' "/proc/$matrix/stat" | cut -d ' ' -f 4)" ] || continue
    one=${one%/stat}
    kill -9 "${one#/proc/}"
done
status=0
wait "$matrix" 2>/dev/null || status=$?
[ "$status" = 1 ] && grep -q 'The process that starts the runs has ended' "$work/out" || complain "without its starter: exit $status: $(tail -n 3 "$work/out")"
nothing_is_left "without its starter"

finish "the kill matrix is as it should be"
