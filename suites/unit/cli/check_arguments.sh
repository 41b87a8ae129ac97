#!/bin/sh
# Exit statuses and messages of the command line: check_arguments.sh SIPREUSE SOURCE_DIR
# shellcheck source=suites/unit/cli/script.sh
. "${0%/*}/script.sh"

# expect STATUS PATTERN-ON-STDERR ARGUMENTS...: a mistake is one line on stderr, and nothing on stdout.
expect_error() {
    expected=$1 pattern=$2
    shift 2
    status=0
    "$sipreuse" "$@" >out 2>err </dev/null || status=$?
    [ "$status" = "$expected" ] || complain "sipreuse $*: exit $status, not $expected: $(cat err)"
    [ "$(wc -l <err)" = 1 ] || complain "sipreuse $*: $(wc -l <err) lines on stderr: $(cat err)"
    grep -q -e "$pattern" err || complain "sipreuse $*: '$(cat err)' lacks '$pattern'"
    [ -s out ] && complain "sipreuse $*: something on stdout: $(head -n 1 out)"
    [ -e sipreuse-out ] && complain "sipreuse $*: made an output folder" && rm -rf sipreuse-out
}
expect_good() {
    pattern=$1
    shift
    status=0
    "$sipreuse" "$@" >out 2>err </dev/null || status=$?
    [ "$status" = 0 ] || complain "sipreuse $*: exit $status: $(cat err)"
    [ -s err ] && complain "sipreuse $*: something on stderr: $(cat err)"
    grep -q -e "$pattern" out || complain "sipreuse $*: the output lacks '$pattern'"
    grep -q "$(printf '\033')" out && complain "sipreuse $*: escape codes in a pipe"
}

expect_error 2 "^sipreuse: a command is missing; see"
expect_error 2 "'rum' is no command; did you mean 'run'?" rum
expect_error 2 "'xyzzy' is no command; see" xyzzy
expect_error 2 "'--versoin' is no option; did you mean '--version'?" --versoin
expect_error 2 "'-x' comes before any command; see" -x
expect_error 2 "run needs a device; add --device NAME" run
expect_error 2 "'--devise' is no option of run; did you mean --device?" run --devise reference
expect_error 2 "'-q' is no option of run; see" run -q
expect_error 2 "device needs a value; write --device NAME|FILE" run --device
expect_error 2 "strict takes no value" run --strict=yes
expect_error 2 "jobs 'many' is no whole number" run --device reference --jobs many
expect_error 2 "jobs '0' is no whole number from 1" run --device reference --jobs 0
expect_error 2 "device-sctp 'beside' is no engine; write kernel or userland" run --device reference --device-sctp beside
expect_error 2 "device-sctp wants the harness's engine named" run --device reference --device-sctp kernel
expect_error 2 "'kamailio-sctp' brings no stack of its own" run --device kamailio-sctp --sctp kernel --device-sctp userland
expect_error 2 "two engines side by side want a sandbox" run --device reference --sctp kernel --device-sctp userland --sandbox none
expect_error 2 "repeat '-1' is no whole number" run --device reference --repeat -1
expect_error 2 "'aliasing/server-honour:udp-\*' matches no variant; 'sipreuse explain aliasing/server-honour'" run --device reference 'aliasing/server-honour:udp-*'
expect_error 2 "'5923-99' matches no requirement; 'sipreuse list requirements'" run --device reference 5923-99
expect_error 2 "there is no folder '/nonexistent'; give --scenarios one" run --device reference --scenarios /nonexistent
expect_error 2 "operator 'nofile' cannot be opened; name a pipe" run --device reference --operator nofile
expect_error 2 "'kamalio' is no device; did you mean 'kamailio'?" check-device kamalio
expect_error 2 "'kamalio' is no device; did you mean 'kamailio'?" certs export --device kamalio
expect_error 2 "empty is about no device" pics kamailio --empty
expect_error 2 "until '2027-02-30' is no day that there is" baseline make result --until 2027-02-30
expect_error 2 "domain 'bad domain' is no domain name; write" certs export --domain 'bad domain'
expect_error 2 "'127.0.0.1:99999' is no HOST" probe 127.0.0.1:99999
expect_error 2 "seed '0x1' is no whole number" run --device reference --seed 0x1
expect_error 2 "ip '5' is no IP version; write 4, 6, or 4,6" run --device reference --ip 5
expect_error 2 "transport 'udp' is none; write a list of tcp,tls" run --device reference --transport tcp,udp
expect_error 2 "sandbox 'jail' is no mode; write auto, user, root, or none" run --device reference --sandbox jail
expect_error 2 "timeout-scale '0' is no number" run --device reference --timeout-scale 0
expect_error 2 "'nonexistent' is no device; 'sipreuse list devices'" run --device nonexistent
expect_error 2 "'refrence' is no device; did you mean 'reference'?" run --device refrence
expect_error 2 "'' is no device" run --device=
expect_error 2 "^./none.json:1:1: .*cannot be read" run --device ./none.json
expect_error 2 "'nonexistent' is no suite; 'sipreuse list suites'" run --device reference --suite nonexistent
expect_error 2 "'conformanc' is no suite; did you mean 'conformance'?" run --device reference -s conformanc
expect_error 2 "nothing/like-this' matches no scenario" run --device reference nothing/like-this
expect_error 2 "no-such-requirement' matches no requirement" run --device reference no-such-requirement
expect_error 2 "nearest 'aliasing/server-honour'" run --device reference aliasing/server-honor
expect_error 2 "jobs '0' is no whole number from 1" run --device reference -j0
expect_error 2 "there is no folder '/nonexistent'" run --device reference --scenarios /nonexistent
expect_error 2 "cannot be read as a result" run --device reference --rerun-failed "$work/none"
echo '{}' >notaresult.json
expect_error 2 "is no result of a run" run --device reference --rerun-failed notaresult.json
printf '{"schema":"sipreuse-result/1","scenarios":[{"id":"a/b","variant":"v","verdict":"pass"}]}' >green.json
expect_error 2 "nothing in 'green.json' failed" run --device reference --rerun-failed green.json
expect_error 2 "leave out 'a/b'" run --device reference --rerun-failed green.json a/b
mkdir cut && : >cut/events.jsonl
expect_error 2 "cut off before its result; 'sipreuse report cut'" run --device reference --rerun-failed cut
mkdir full && touch full/file
expect_error 2 "'full/file' is no folder" run --device reference --out full/file
expect_error 2 "out '' is no folder" run --device reference --out ''
expect_error 3 "cannot make '/proc/none'" run --device reference --out /proc/none
expect_error 2 "'full' is not empty" run --device reference --out full --sandbox none --ip 4
expect_error 2 "list what? write scenarios" list
expect_error 2 "there are no 'things' to list; write scenarios" list things
expect_error 2 "there are no 'device' to list; did you mean 'devices'?" list device
expect_error 2 "leave out 'suites'" list devices suites
expect_error 2 "explain what?" explain
expect_error 2 "is no scenario, requirement or public report" explain no-such-thing-at-all
expect_error 2 "validate needs a file" validate
expect_error 2 "is no option of validate" validate --fast
expect_error 2 "no fault has a name like 'zzz\*'" kill-matrix --fault 'zzz*'
expect_error 2 "'nothing/here' matches no scenario" kill-matrix nothing/here
expect_error 2 "'full' is not empty" kill-matrix --out full
expect_error 2 "jobs 'x' is no whole number" kill-matrix --jobs x
expect_error 2 "sandbox 'x' is no mode" kill-matrix --sandbox x

printf '{\n  "id": 7\n}\n' >bad.json
expect_error 1 "^bad.json:[0-9]*:[0-9]*: " validate bad.json
expect_error 1 "none.json" validate none.json

expect_good '^sipreuse [0-9]*\.[0-9]*\.[0-9]*$' --version
expect_good 'usage: sipreuse COMMAND' --help
for command in run list explain report validate kill-matrix device; do
    expect_good "sipreuse $command" "$command" --help
    [ "$(wc -L <out)" -le 120 ] || complain "$command --help: too wide"
    [ "$command" = device ] || COLUMNS=80 expect_good . "$command" --help
    [ "$(wc -L <out)" -le 80 ] || [ "$command" = device ] || complain "$command --help: too wide for 80 columns"
done
expect_good 'kill-matrix' help

for what in scenarios suites devices requirements; do
    expect_good . list "$what"
    expect_good "\"$what\": \[" list "$what" --json
    python3 - out "$what" <<'PYTHON' || complain "list $what --json: members"
import json, sys
wanted = {"scenarios": {"id", "title", "requirements", "variants"}, "suites": {"name"},
          "devices": {"name", "profile", "kind", "available"},
          "requirements": {"id", "level", "derived", "scenarios", "faults"}}[sys.argv[2]]
items = json.load(open(sys.argv[1]))[sys.argv[2]]
assert items, "empty"
for item in items:
    assert wanted <= set(item), (item, wanted - set(item))
PYTHON
done

# Every scenario and every requirement can be explained: in one call, for loading the catalogue is what takes its time. Each explanation
# begins with its id.
"$sipreuse" list scenarios --json >scenarios.json && "$sipreuse" list requirements --json >requirements.json
python3 -c '
import json
for name in ("scenarios", "requirements"):
    for item in json.load(open(name + ".json"))[name]:
        print(item["id"])' >ids
status=0
COLUMNS=100 xargs "$sipreuse" explain <ids >out 2>err || status=$?
[ "$status" = 0 ] || complain "explain of every id: exit $status: $(cat err)"
[ -s err ] && complain "explain of every id: $(head -n 1 err)"
grep -o '^[^ ][^ ]*' out | sort -u >heads
sort -u ids | comm -23 - heads >unexplained
[ -s unexplained ] && complain "explain: not explained under its own name: $(tr '\n' ' ' <unexplained)"
[ "$(wc -l <ids)" -gt 100 ] || complain "nothing to explain"
expect_good 'aliasing/server-honour' explain 5923-8.2-honour aliasing/server-honour
status=0
"$sipreuse" explain 5923-8.2-honour none/such >out 2>err || status=$?
[ "$status" = 2 ] || complain "explain with one wrong id: exit $status"
grep -q "^sipreuse: 'none/such' is no scenario" err || complain "explain with one wrong id: $(cat err)"

# Plans touch nothing.
expect_good 'scenario variants would run' run --device reference --plan
expect_good 'scenario variants would run' run --device reference --plan 'aliasing/*' --ip 4 --transport tls --all-variants
[ -e sipreuse-out ] && complain "--plan made an output folder"

# With a data folder that is none.
SIPREUSE_DATA=/nonexistent expect_error 2 "there is no folder '/nonexistent/scenarios'; set SIPREUSE_DATA" list scenarios

# A vendor's CA in PKCS#12, which has a password.
echo sesame >right
echo barley >wrong
for password in "" "--trust-password-file wrong"; do
    # shellcheck disable=SC2086 # two words, or none
    expect_error 2 "trust-password-file FILE: its first line is the password" run --device reference --remote 127.0.0.9 --event event --plan \
        --trust "$source/suites/unit/cli/trust.p12" $password
done
expect_good 'scenario variants would run' run --device reference --remote 127.0.0.9 --event event --plan wire/received \
    --trust "$source/suites/unit/cli/trust.p12" --trust-password-file right

# A crash is none of the statuses that mean something: not with a sanitizer either, whose own would be 1.
mkfifo suite.json
"$sipreuse" validate suite.json >out 2>err &
crashing=$!
exec 3>suite.json # when this is open the program has opened it too
kill -SEGV "$crashing"
status=0
wait "$crashing" 2>>err || status=$?
exec 3>&-
case $status in
    0 | 1 | 2 | 3 | 130) complain "a crash ended with status $status, which means something else" ;;
esac

finish "all arguments are answered as they should be"
