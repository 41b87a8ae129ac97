#!/usr/bin/env python3
"""Runs the release build against devices that attack it: hostile.py FOLDER-OF-PROGRAMS OUTPUT-FOLDER [MODE...].

Whatever the device sends, the harness may not crash, take more than MEMORY_MAX, or owe anybody a verdict; worlds that are not attacked (IPv6)
get the verdicts that they get without an attack; what is written stays valid and of bounded size."""
import concurrent.futures
import fnmatch
import json
import os
import shutil
import subprocess
import sys
import time

MEMORY_MAX = 256 << 20
OUTPUT_MAX = 320 << 20  # 192, and captures: 64 in run.pcap, its packets once more in the pcapng files, SIP as exported PDUs there too
TIME_MAX_S = 120
ORDINARY = ["aliasing/server-honour", "aliasing/round-robin", "client/reuse-forward", "interop/both-ways"]
ATTACKED = ["hostile/*", *ORDINARY]  # the targets stand still for some seconds
ANSWERED = ["hostile/held", "aliasing/server-honour", "client/reuse-forward"]  # by a device that sends nonsense: each waits its time
VICTIM = "aliasing/round-robin"  # whose request the devices that crash or hang are waiting for
# The device goes, or its log is full; the others get attacked. By mode: exit status, and who has to come to which verdict.
LIFE = {
    "crash-at-start": {"exit": 3, "says": "ended before it was ready"},
    "never-ready": {"exit": 3, "says": "never got ready"},
    "crash-on": {"exit": 1, "victim": "fail", "crashes": True},
    "crash-once": {"exit": 1, "victim": "pass", "crashes": True},
    # It is restarted; from silence no failure is concluded, so who hangs it alone stays undecided. The others get their verdicts.
    "hang-on": {"exit": 1, "victim": "inconclusive", "hangs": True},
    "hang-once": {"exit": 0, "victim": "pass", "hangs": True},
    "chatty": {"exit": 0, "victim": "pass"},
}
# Of those that wait; a minute each of the first two, and so they start first.
SLOWEST = ["hang-on", "answers-broken-records", "hang-once"]
WAITING_AT_ONCE = 3


def size_of(folder):
    return sum(os.path.getsize(os.path.join(root, name)) for root, _, names in os.walk(folder) for name in names)


def last_event(folder):
    with open(os.path.join(folder, "events.jsonl"), encoding="utf-8") as lines:
        return json.loads([line for line in lines if '"event":"end"' in line][-1])


def check_outputs(folder, problems):
    checked = subprocess.run([sys.executable, "suites/checks/outputs.py", folder], capture_output=True, text=True, check=False)
    if checked.returncode != 0:
        problems.append("the outputs are not valid: " + (checked.stdout + checked.stderr).strip()[:400])
    if size_of(folder) > OUTPUT_MAX:
        problems.append(f"{size_of(folder) >> 20} MiB were written")
    peak = last_event(folder).get("peak_memory_bytes", 0)
    if not 0 < peak <= MEMORY_MAX:
        problems.append(f"the harness used {peak >> 20} MiB")
    return peak


def check_life(expected, result, problems):
    for row in result["scenarios"]:
        if row["verdict"] == "not-applicable":
            continue
        wanted = (expected["victim"],) if row["id"] == VICTIM else expected.get("others", ("pass",))
        if row["verdict"] not in wanted:
            problems.append(f"{row['id']} {row['variant']}: {row['verdict']}, {wanted} was expected: {row['reason']}")
    if bool(result["device"]["crashes"]) != expected.get("crashes", False):
        problems.append(f"the summary counts these crashes: {result['device']['crashes']}")
    if bool(result["device"]["hangs"]) != expected.get("hangs", False):
        problems.append(f"the summary counts these hangs: {result['device']['hangs']}")
    says_so = any("crashed" in reason for reason in result["gate"]["reasons"])
    if says_so != expected.get("crashes", False):
        problems.append(f"the gate says: {result['gate']['reasons']}")


def check_attack(result, calm, selected, problems):
    got = {(row["id"], row["variant"]): row for row in result["scenarios"]}
    for key, verdict in calm.items():
        row = got.get(key)
        if row is None:
            if any(fnmatch.fnmatch(key[0], selector) for selector in selected):
                problems.append(f"{key} has no verdict")
        elif row["verdict"] == "error":
            problems.append(f"{key}: error: {row['reason']}")
        elif "-ip6-" in key[1] and row["verdict"] != verdict:
            problems.append(f"{key}, which was not attacked: {row['verdict']} instead of {verdict}: {row['reason']}")


def data_with_targets(folder):
    """The tree's scenarios, and the targets, which are of no use to anybody else."""
    for name in ("scenarios", "suites", "devices"):
        shutil.copytree(name, os.path.join(folder, name), ignore=shutil.ignore_patterns("unit", "speed", "checks"))
    shutil.copytree("suites/hostile/scenarios/hostile", os.path.join(folder, "scenarios", "hostile"))
    return folder


def scenarios_of(mode):
    if mode in LIFE and mode != "chatty":
        return ORDINARY
    return ANSWERED if mode.startswith("answers-") else ATTACKED


def run(programs, data, device, scenarios, output):
    environment = dict(os.environ, PATH=programs + ":" + os.environ["PATH"], SIPREUSE_DATA=data)
    # The attackers speak TCP and TLS: so does what is compared with them.
    command = [os.path.join(programs, "sipreuse"), "run", "--yes", "--transport", "tcp,tls", "--device", device, *scenarios, "--out", output]
    try:
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=TIME_MAX_S, check=False)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, -1, "", f"not done after {TIME_MAX_S} s")


def check_mode(programs, data, mode, output, calm):
    problems, started, expected = [], time.monotonic(), LIFE.get(mode)
    done = run(programs, data, f"suites/hostile/{mode}/profile.json", scenarios_of(mode), output)
    wanted = (0, 1) if expected is None else (expected["exit"],)
    peak = 0
    if done.returncode not in wanted:
        problems.append(f"exit status {done.returncode}, expected {wanted}: {done.stderr.strip()[-400:]}")
    if os.path.exists(os.path.join(output, "result.json")):
        peak = check_outputs(output, problems)
        with open(os.path.join(output, "result.json"), encoding="utf-8") as file:
            result = json.load(file)
        if expected is None:
            check_attack(result, calm, scenarios_of(mode), problems)
        elif expected["exit"] != 3:
            check_life(expected, result, problems)
        elif expected["says"] not in done.stderr:
            problems.append(f"nothing was said of '{expected['says']}': {done.stderr.strip()[-400:]}")
    else:
        problems.append("there is no result.json")
    lines = [f"{mode:24} {'ok' if not problems else 'FAILED':7} {time.monotonic() - started:5.1f} s  {peak >> 20:4} MiB  "
             f"{size_of(output) >> 20:4} MiB written", *(f"    {problem}" for problem in problems[:12])]
    print("\n".join(lines), flush=True)
    return not problems


def main():
    programs, output = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    modes = sys.argv[3:] or sorted(name for name in os.listdir("suites/hostile") if os.path.exists(f"suites/hostile/{name}/profile.json"))
    os.makedirs(output, exist_ok=True)
    data = data_with_targets(os.path.join(output, "data"))
    done = run(programs, data, "reference", ATTACKED, os.path.join(output, "calm"))
    if done.returncode != 0:
        print(f"the reference device itself is not green: {done.stdout}{done.stderr}")
        return 1
    with open(os.path.join(output, "calm", "result.json"), encoding="utf-8") as file:
        calm = {(row["id"], row["variant"]): row["verdict"] for row in json.load(file)["scenarios"]}
    # Those that attack keep both processors busy and come one after another. Those that end, stand still or talk nonsense mostly wait, and do it beside them.
    waits = [mode for mode in modes if (mode in LIFE and mode != "chatty") or mode.startswith("answers-")]
    attacks = [mode for mode in modes if mode not in waits]
    waits.sort(key=lambda mode: SLOWEST.index(mode) if mode in SLOWEST else len(SLOWEST))

    def check(mode):
        return check_mode(programs, data, mode, os.path.join(output, mode), calm)

    with concurrent.futures.ThreadPoolExecutor(1) as attackers, concurrent.futures.ThreadPoolExecutor(WAITING_AT_ONCE) as waiting:
        checks = [(mode, pool.submit(check, mode)) for pool, group in ((attackers, attacks), (waiting, waits)) for mode in group]
        failed = [mode for mode, done in checks if not done.result()]
    print(f"{len(modes)} hostile devices, {len(failed)} failed{': ' + ', '.join(failed) if failed else ''}")
    return 1 if failed else 0


sys.exit(main())
