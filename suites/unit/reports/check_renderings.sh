#!/bin/sh
# Renders every sample journal and holds what comes out to the schemas: check_renderings.sh RENDER SOURCE_DIR
set -eu
render=$1 source=$2
here=$source/suites/unit/reports
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
complain() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}
check_json() {
    python3 - "$source/reports/schema/result.schema.json" "$1" <<'PYTHON'
import json, sys
from jsonschema import Draft202012Validator
schema = json.load(open(sys.argv[1]))
Draft202012Validator.check_schema(schema)
errors = list(Draft202012Validator(schema).iter_errors(json.load(open(sys.argv[2]))))
for error in errors:
    print("/" + "/".join(map(str, error.absolute_path)), error.message)
sys.exit(1 if errors else 0)
PYTHON
}
check_xml() {
    xmllint --noout --schema "$here/junit-10.xsd" "$1" >"$work/xmllint" 2>&1 || { cat "$work/xmllint"; return 1; }
}

# The page is what it should be: one block of data that is JSON, two scripts, and nothing of the journal that became an element.
check_page() {
    python3 - "$1" <<'PYTHON'
import html.parser, json, sys
known = set("html head meta title style body div main script h1 h2 p table thead tbody tr th td ul li strong br span".split())
class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.scripts, self.now, self.bad = [], None, []
    def handle_starttag(self, tag, attributes):
        if tag not in known or any(name.startswith("on") or name in ("src", "href") for name, _ in attributes):
            self.bad.append(tag)
        if tag == "script":
            self.now = ""
    def handle_endtag(self, tag):
        if tag == "script":
            self.scripts.append(self.now)
            self.now = None
    def handle_data(self, data):
        if self.now is not None:
            self.now += data
page = Page()
text = open(sys.argv[1], "rb").read().decode("utf-8")
page.feed(text)
page.close()
data = json.loads(page.scripts[0])
for variant, flow in zip(data["variants"], data["flows"]):
    for event in (flow or {}).get("events", []):
        for number in event.get("m", []):
            data["strings"][number if number >= 0 else -1 - number]
if page.bad or len(page.scripts) != 2 or data["schema"] != "sipreuse-report/1" or "<" in page.scripts[0] or len(text) > 3000000:
    sys.exit("the page holds %s, %d scripts" % (page.bad, len(page.scripts)))
PYTHON
}

while read -r name expected; do
    mkdir "$work/$name"
    status=0
    "$render" "$here/journals/$name.jsonl" "$work/$name" || status=$?
    [ "$status" = "$expected" ] || complain "$name: exit status $status, not $expected"
    check_json "$work/$name/result.json" || complain "$name: result.json is not what its schema says"
    check_page "$work/$name/report.html" || complain "$name: report.html is not a page of ours"
    python3 "$here/check_formats.py" "$work/$name" || complain "$name: TAP, Markdown or badge"
    check_xml "$work/$name/junit.xml" || complain "$name: junit.xml is not what the schema says"
    [ "$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["exit_status"])' "$work/$name/result.json")" = "$expected" ] ||
        complain "$name: exit_status in result.json"
    grep -q "$(printf '\033')" "$work/$name/summary.txt" && complain "$name: escape codes in the plain summary"
    [ "$(wc -L <"$work/$name/summary.txt")" -le 80 ] || complain "$name: a line of the summary is too wide"
    tail -n 1 "$work/$name/summary.txt" | grep -q '^Gate' || complain "$name: the last line does not tell the gate"
    if [ -e "$here/journals/$name.summary" ]; then
        sed "s|$source/||" "$work/$name/summary.txt" | diff -u "$here/journals/$name.summary" - || complain "$name: the summary differs"
    fi
done <<'TABLE'
whole 1
green 0
crash 130
odd 1
empty 3
cut 3
damaged 3
never-ready 3
TABLE

# The checks themselves can fail.
sed 's/"not-conformant"/"nonconformant"/' "$work/whole/result.json" >"$work/bad.json"
check_json "$work/bad.json" >/dev/null && complain "a wrong status passes the schema"
sed 's/<strong>/<strong onclick="x()">/' "$work/whole/report.html" >"$work/bad.html"
check_page "$work/bad.html" 2>/dev/null && complain "an attribute that runs something passes the check of the page"
sed -i 's/^not ok/ok/' "$work/whole/results.tap"
python3 "$here/check_formats.py" "$work/whole" >/dev/null && complain "a failure turned into a success passes"
sed 's/<failure /<defect /' "$work/whole/junit.xml" >"$work/bad.xml"
check_xml "$work/bad.xml" >/dev/null && complain "an unknown element passes the XML schema"

[ "$failures" = 0 ] && echo "all renderings are valid"
