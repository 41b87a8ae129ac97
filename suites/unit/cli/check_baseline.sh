#!/bin/sh
# `sipreuse baseline make`, `sipreuse diff` and `run --baseline` on sample journals and bad files: check_baseline.sh SIPREUSE SOURCE_DIR
# shellcheck source=suites/unit/cli/script.sh
. "${0%/*}/script.sh"
# tell STATUS ARGUMENTS...: its output in "out" and "err"
tell() {
    expected=$1
    shift
    status=0
    COLUMNS=120 "$sipreuse" "$@" >out 2>err </dev/null || status=$?
    [ "$status" = "$expected" ] || complain "$*: exit $status, not $expected: $(cat err)"
    grep -q "$(printf '\033')" out && complain "$*: escape codes in a pipe"
}
wants() {
    grep -q -e "$1" out || complain "the output lacks '$1'"
}
refuses() {
    pattern=$1
    shift
    tell 2 "$@"
    [ "$(wc -l <err)" = 1 ] || complain "$*: $(wc -l <err) lines on stderr"
    grep -q -e "$pattern" err || complain "$*: '$(cat err)' lacks '$pattern'"
}
for name in whole green; do
    mkdir "$name" && cp "$journals/$name.jsonl" "$name/events.jsonl"
done

# make: what failed, and what else keeps the gate shut; both variants of a scenario in one entry.
tell 0 baseline make whole --reason 'known since "5.6"' --until 2027-03-31
cp out made.json
python3 - made.json "$source/reports/schema/baseline.schema.json" <<'PYTHON' || complain "the baseline is not what was wanted"
import json, sys
import jsonschema
made = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator(json.load(open(sys.argv[2]))).validate(made)
common = {"device": "kamailio", "reason": 'known since "5.6"', "until": "2027-03-31"}
assert made["entries"] == [
    {**common, "scenario": "aliasing/server-wrong-identity", "verdict": "fail"},
    {**common, "scenario": "aliasing/suffix", "verdict": "inconclusive"},
], made["entries"]
PYTHON
tell 0 baseline make whole
wants '"reason": "The barrier was not answered within 4 s."'
grep -q until out && complain "a day that nobody gave"
tell 0 baseline make green
wants '"entries": \[\]'

# The journal of the same run with that baseline, one cured entry and an expired one.
mkdir listed
python3 - whole/events.jsonl made.json listed/events.jsonl <<'PYTHON'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
entries = json.load(open(sys.argv[2]))["entries"]
entries.append({"device": "kamailio", "requirement": "5923-8.2-honour", "verdict": "fail", "reason": "r"})
entries.append({"device": "kamailio", "scenario": "life/keep", "verdict": "fail", "reason": "r", "until": "2026-11-21"})
entries.append({"device": "other", "scenario": "life/keep", "verdict": "fail", "reason": "r"})
for number, entry in enumerate(entries):
    for name in ("requirement", "scenario", "variant", "until"):
        entry.setdefault(name, None)
    entry["line"] = 4 + number
lines.insert(1, {"seq": 0, "ns": 1, "event": "baseline", "file": "made.json", "entries": entries})
with open(sys.argv[3], "w") as out:
    for seq, line in enumerate(lines, 1):
        line["seq"] = seq
        if isinstance(line.get("on"), int):
            line["on"] += 1
        out.write(json.dumps(line) + "\n")
PYTHON
tell 0 report listed
wants 'Gate met'
wants 'Baseline made.json: 2 held, 1 cured, 1 expired, 0 not seen'
wants 'line 6: 5923-8.2-honour (fail): cured; remove the line'
wants 'line 7: life/keep (fail, until 2026-11-21): expired'
wants '; 3 of them in'
wants 'tls-tls13-ip4-server  events.jsonl:28  baseline'
python3 - listed "$source/reports/schema/result.schema.json" <<'PYTHON' || complain "result.json or junit.xml of the listed run"
import json, sys
import xml.etree.ElementTree as xml
import jsonschema
result = json.load(open(sys.argv[1] + "/result.json"))
jsonschema.Draft202012Validator(json.load(open(sys.argv[2]))).validate(result)
assert result["exit_status"] == 0 and result["gate"]["met"]
assert [e["state"] for e in result["baseline"]["entries"]] == ["held", "held", "cured", "expired"]
assert [e["held"] for e in result["baseline"]["entries"]] == [2, 1, 0, 0]
rows = {r["id"]: r for r in result["requirements"]}
assert rows["5923-8.2-identity-cache"]["status"] == "not-conformant" and rows["5923-8.2-identity-cache"]["baselined"]
assert not rows["5923-8.2-honour"]["baselined"]
assert result["totals"]["scenarios"]["baselined"] == 3
assert sum(1 for s in result["scenarios"] if s["baseline"]) == 3
root = xml.parse(sys.argv[1] + "/junit.xml").getroot()
assert root.get("failures") == "0" and not root.findall(".//failure")
listed = [s for s in root.findall(".//skipped") if s.get("type") == "baseline"]
assert len(listed) == 3 and 'baseline, line 4 (known since "5.6"; until 2027-03-31): fail: ' in listed[0].get("message")
PYTHON
xmllint --noout --schema "$source/suites/unit/reports/junit-10.xsd" listed/junit.xml 2>err || complain "junit.xml: $(cat err)"
# Made again of a run with a baseline: reasons and days stay.
tell 0 baseline make listed --reason other
cmp -s out made.json || complain "what was accepted before did not keep its reason and day"

# Without one of the entries its failure closes the gate.
mkdir partly
python3 - listed/events.jsonl partly/events.jsonl <<'PYTHON'
import json, sys
with open(sys.argv[2], "w") as out:
    for line in map(json.loads, open(sys.argv[1])):
        if line["event"] == "baseline":
            line["entries"] = [e for e in line["entries"] if e["scenario"] != "aliasing/suffix"]
        out.write(json.dumps(line) + "\n")
PYTHON
tell 0 report partly
wants 'Gate NOT met'
wants '1 MUST requirement is undecided'

# diff
tell 1 diff green whole
wants 'Worse: '
wants '5923-8.2-identity-cache MUST: conformant -> not-conformant'
wants '^Worse. Requirements: '
tell 0 diff whole green
wants '^Not worse'
tell 0 diff whole whole
wants '0 worse, 0 better, 0 changed, 0 new, 0 gone; scenario variants: 0 worse, 0 better'
tell 1 diff green whole --json
python3 -c '
import json
d = json.load(open("out"))
assert d["schema"] == "sipreuse-diff/1" and d["worse"] is True
assert any(r["id"] == "5923-8.2-identity-cache" and r["change"] == "worse" and r["new"] == "not-conformant" for r in d["requirements"])
assert all(s["variant"] for s in d["scenarios"])' || complain "diff --json"

# On one side only: neither worse nor better.
mkdir fewer
tell 0 report green
python3 - <<'PYTHON' || complain "a result with less in it cannot be made"
import json
result = json.load(open("green/result.json"))
gone = result["scenarios"][0]["id"]
result["scenarios"] = [s for s in result["scenarios"] if s["id"] != gone]
result["requirements"] = result["requirements"][1:]
json.dump(result, open("fewer/result.json", "w"))
PYTHON
tell 0 diff green fewer
wants '^Not worse. Requirements: 0 worse, 0 better, 0 changed, 0 new, 1 gone; scenario variants: 0 worse, 0 better, 0 changed, 0 new, [1-9]'
wants 'Gone: .*scenario variant'
wants ' -> not there'
tell 0 diff fewer green
wants 'not there -> '
wants '^Not worse. Requirements: 0 worse, 0 better, 0 changed, 1 new, 0 gone; scenario variants: 0 worse, 0 better, 0 changed, [1-9]'

# Mistakes.
refuses "write 'sipreuse baseline make RESULT'" baseline
refuses "write 'sipreuse baseline make RESULT'" baseline show whole
refuses "baseline make needs a result" baseline make
refuses "takes one result" baseline make whole green
refuses "is no day" baseline make whole --until soon
refuses "is no day" baseline make whole --until 2027-3-1
refuses "says nothing" baseline make whole --reason ''
refuses "'none': No such file or directory" baseline make none
refuses "diff needs two results" diff whole
refuses "one result too many" diff whole green whole
refuses "'none': No such file or directory" diff whole none
refuses "none.json:1:1: /: found that it cannot be read" run --device reference --baseline none.json --plan
printf '{"schema": "sipreuse-baseline/1", "entries": [\n {"device": "d", "requirement": "5923-8.2-honor", "verdict": "fail", "reason": "r"}]}\n' >typo.json
refuses "typo.json:2:33: /entries/0/requirement: found '5923-8.2-honor'.*nearest '5923-8.2-honour'" run --device reference --baseline typo.json --plan

finish "all baselines are as they should be"
