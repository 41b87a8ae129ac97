#!/bin/sh
# `sipreuse report` on the sample journals, as killed and finished runs leave them: check_report.sh SIPREUSE SOURCE_DIR
# shellcheck source=suites/unit/cli/script.sh
. "${0%/*}/script.sh"
# report STATUS COLUMNS RESULT...: its output in "out"
report() {
    expected=$1 width=$2
    shift 2
    status=0
    COLUMNS=$width "$sipreuse" report "$@" >out 2>err </dev/null || status=$?
    [ "$status" = "$expected" ] || complain "report $*: exit $status, not $expected: $(cat err)"
    grep -q "$(printf '\033')" out && complain "report $*: escape codes in a pipe"
    grep -q ' $' out && complain "report $*: blanks at the end of a line"
    [ "$(wc -L <out)" -le "$width" ] || complain "report $*: wider than $width columns"
}
wants() {
    grep -q -e "$1" out || complain "the output lacks '$1'"
}

for name in whole green cut crash empty; do
    mkdir "$name" && cp "$journals/$name.jsonl" "$name/events.jsonl"
done

# One: the summary; what a killed run could not write is made, and only then.
while read -r name expected; do
    report "$expected" 80 "$name"
    wants "^$name: made from the journal:$"
    wants "^  result.json, junit.xml, results.tap, summary.md, badge.json"
    tail -n 1 out | grep -q '^Gate' || complain "$name: the last line does not tell the gate"
    [ -e "$name/result.json" ] && [ -e "$name/junit.xml" ] || complain "$name: no reports"
    told=$(python3 -c 'import json,sys; r = json.load(open(sys.argv[1])); print(r["exit_status"] if r["complete"] == (r["exit_status"] < 2) else "wrong")' \
        "$name/result.json")
    case "$name:$told" in
        whole:1 | green:0 | cut:3 | crash:130 | empty:3) ;;
        *) complain "$name: result.json says exit status $told" ;;
    esac
    cp "$name/result.json" before.json
    report "$expected" 80 "$name/result.json"
    grep -q 'made from the journal' out && complain "$name: written again"
    cmp -s before.json "$name/result.json" || complain "$name: result.json changed"
done <<'TABLE'
whole 0
green 0
cut 3
crash 130
empty 3
TABLE

# Several: a table.
report 0 80 green whole
wants '^  Requirement  *Level  *reference  kamailio$'
wants '^  5923-8.2-identity-cache  *MUST  *ok  *NOT OK$'
wants '^  5922-7.2-suffix  *MUST  *ok  *undecided$'
wants '^  not-conformant  *MUST  *-  *1$'
wants '^  Gate  *met  *NOT met$'
wants '^  kamailio: 1 MUST requirement is not-conformant.$'
report 130 80 whole/result.json crash green cut
wants 'kamailio #1  kamailio #2'
wants '^  Run  *complete  *stopped$'
[ "$(grep -c '^  Gate ' out)" = 2 ] || complain "four results do not fit 80 columns: two blocks were expected"
report 130 120 whole/result.json crash green cut
[ "$(grep -c '^  Gate ' out)" = 1 ] || complain "four results fit 120 columns: one block was expected"

# A result.json that travelled alone.
cp whole/result.json alone.json
report 0 80 alone.json green
wants '^  5923-8.2-identity-cache  *MUST  *NOT OK  *ok$'
mkdir elsewhere && cp green/result.json elsewhere/
report 0 80 elsewhere whole
wants '^  5923-8.2-identity-cache  *MUST  *ok  *NOT OK$'

# Mistakes.
mkdir nothing && echo '{}' >notaresult.json && echo 'x' >nothing.txt
report_error() {
    pattern=$1
    shift
    report 2 80 "$@"
    [ -s out ] && complain "report $*: something on stdout"
    [ "$(wc -l <err)" = 1 ] || complain "report $*: $(wc -l <err) lines on stderr"
    grep -q -e "$pattern" err || complain "report $*: '$(cat err)' lacks '$pattern'"
}
report_error "needs a result; name the output folder"
report_error "'none': No such file or directory; name an output folder" none green
report_error "'nothing' has neither events.jsonl nor result.json" nothing
report_error "'notaresult.json' is no result of a run" notaresult.json
report_error "'nothing.txt' cannot be read as a result" green nothing.txt
report_error "is no option of report" --html green

finish "all reports are as they should be"
