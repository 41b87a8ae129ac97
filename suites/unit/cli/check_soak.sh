#!/bin/sh
# The soak: green for the reference device, the same traffic for the same seed, and red for faults of which a few requests show nothing:
# check_soak.sh SIPREUSE SOURCE_DIR
# shellcheck source=suites/unit/cli/script.sh
. "${0%/*}/script.sh"
soak() { # OUT-NAME SEED OPTIONS...
    name=$1 seed=$2
    shift 2
    "$sipreuse" run --device reference --soak 1s --seed "$seed" --no-pcap --out "$work/$name" "$@" >"$work/$name.txt" 2>&1
    status=$?
}

for name in once again; do
    soak "$name" 11
    [ "$status" = 0 ] || complain "the reference device: exit $status: $(cat "$work/$name.txt")"
done
grep -q 'seed 11' "$work/once.txt" || complain "the seed is not shown"
soak other 12
python3 - "$work" <<'PYTHON' || complain "the same seed, the same traffic; another seed, other traffic"
import json, re, sys
def traffic(name):
    rows = {}
    for line in open(f"{sys.argv[1]}/{name}/events.jsonl"):
        event = json.loads(line)
        text = event.get("first_line", "")
        if event["event"] == "message" and event["direction"] == "out" and re.match("(OPTIONS|INVITE|BYE) sip:s", text):
            rows.setdefault(event["variant"], []).append(re.sub(r"@(\w+)\S*", r"@\1", text))
    return rows
once, again, other = traffic("once"), traffic("again"), traffic("other")
assert len(once) == 2 and set(once) == set(again)
for variant in once:
    both = min(len(once[variant]), len(again[variant]))  # how many rounds fit into the time is not the seed's business
    assert both > 100, both
    assert once[variant][:both] == again[variant][:both], variant
    assert once[variant][:100] != other[variant][:100], variant
PYTHON

soak wrong 11 --device-fault server-reuse-by-address
[ "$status" = 1 ] || complain "a device that reuses by address: exit $status: $(cat "$work/wrong.txt")"
python3 - "$work/wrong" <<'PYTHON' || complain "the evidence of a broken rule"
import json, sys
events = {event["seq"]: event for event in map(json.loads, open(f"{sys.argv[1]}/events.jsonl"))}
verdicts = [event for event in events.values() if event["event"] == "verdict"]
assert verdicts and all(event["verdict"] == "fail" for event in verdicts), verdicts
for verdict in verdicts:
    assert "seed 11" in verdict["reason"] and "which the peer had opened" in verdict["reason"], verdict
    assert "opened by the peer" in events[verdict["on"]]["text"], events[verdict["on"]]
PYTHON
soak strayed 11 --device-fault response-on-other
[ "$status" = 1 ] || complain "a device that answers elsewhere: exit $status: $(cat "$work/strayed.txt")"
grep -q 'came on connection' "$work/strayed.txt" || complain "nothing is said of the connection: $(cat "$work/strayed.txt")"

status=0
"$sipreuse" run --device reference --soak 30 >"$work/out" 2>&1 || status=$?
[ "$status" = 2 ] && grep -q "soak '30' is no time; write 30s, 5m, or 1h" "$work/out" || complain "--soak 30: exit $status: $(cat "$work/out")"

refused() { # WHAT-TO-LEAVE-OUT OPTIONS...
    what=$1 status=0
    shift
    "$sipreuse" run --device reference --soak 1h "$@" >"$work/out" 2>&1 || status=$?
    [ "$status" = 2 ] && grep -q "is a soak; leave out $what, or use --repeat" "$work/out" || complain "--soak 1h $*: exit $status: $(cat "$work/out")"
}
refused --suite --suite smoke
refused 'the selectors' 'wire/*'

# What stands beside a soak is run once.
soak beside 11 --soak 3s interop/soak:tls-tls13-ip4-server wire/pipelined:tls-tls13-ip4-server
python3 - "$work/beside" <<'PYTHON' || complain "a soak beside another scenario: exit $status: $(cat "$work/beside.txt")"
import collections, json, sys
starts = collections.Counter(event["scenario"] for event in map(json.loads, open(f"{sys.argv[1]}/events.jsonl")) if event["event"] == "world")
assert starts["interop/soak"] > 0 and starts["wire/pipelined"] == 1, starts
PYTHON

finish "the soak is as it should be"
