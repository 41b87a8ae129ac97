#!/bin/sh
# `sipreuse report --event` on results as runs leave them: check_event.sh SIPREUSE SOURCE_DIR
# shellcheck source=suites/unit/cli/script.sh
. "${0%/*}/script.sh"
report() { # STATUS ARGUMENTS...: what it says is in "said"
    expected=$1
    shift
    status=0
    "$sipreuse" report "$@" >said 2>&1 </dev/null || status=$?
    [ "$status" = "$expected" ] || complain "report $*: exit $status, not $expected: $(cat said)"
}
says() { grep -q -e "$1" said || complain "it does not say '$1': $(cat said)"; }
holds() { grep -q -e "$2" "$1" || complain "$1 lacks '$2'"; }
lacks() { ! grep -q -i -e "$2" "$1" || complain "$1 holds '$2'"; }

for name in whole green; do
    mkdir -p "results/team/$name" && cp "$journals/$name.jsonl" "results/team/$name/events.jsonl"
    "$sipreuse" report "results/team/$name" >/dev/null 2>&1
done
report 0 results --event pages --title 'A <b>title</b>'
says 'Survey of 2 implementations'
says '2 runs of 2 devices'
holds pages/survey.txt 'Survey of 2'
holds pages/index.html '"schema":"sipreuse-event/1"'
lacks pages/index.html '<b>title'
holds pages/event.json '"link": "../results/team/whole/report.html"'
holds pages/event.json '"label": "kamailio"'
python3 - "$source/reports/schema/event.schema.json" pages/event.json <<'PY' || complain "event.json does not fit its schema"
import json, sys
import jsonschema
jsonschema.validate(json.load(open(sys.argv[2])), json.load(open(sys.argv[1])))
PY

report 0 results --event anonymous --anonymize --named reference
for file in event.json index.html survey.txt; do
    lacks "anonymous/$file" kamailio
done
holds anonymous/event.json '"label": "Device 1"'
holds anonymous/event.json '"label": "reference"'

report 2 results --event pages --published
says 'none of the 2 publications is complete'
echo '{}' >results/team/whole/complete
report 0 results --event pages --published
says '1 runs of 1 devices'
says 'Left out: 1 runs'

report 2 nothing --event pages
says "'nothing': No such file"
mkdir empty
report 2 empty --event pages
says 'has no result in it'
report 2 results/team/whole --anonymize
says 'about the pages of --event'
report 3 results --event "$journals/whole.jsonl"
finish "all pages are right"
