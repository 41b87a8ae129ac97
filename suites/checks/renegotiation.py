#!/usr/bin/env python3
"""What the step renegotiate observes is what a device does: renegotiation.py SIPREUSE OUTPUT-FOLDER.

On a device upon OpenSSL that agrees, refuses, does not answer, or ends the connection, and on the reference: each makes another observation."""
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

program, output = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
data = os.environ.get("SIPREUSE_DATA", os.getcwd())
STAYS = {"afterwards": "the connection works"}
RIDES = {"call_for_the_new_domain": "on the connection", "call_for_the_first_domain": "on the connection"}
EXPECTED = {
    "accepts": {"renegotiation": "done", **STAYS, **RIDES},
    "refuses": {"renegotiation": "refused, and the connection stays", **STAYS, **RIDES},
    "stops": {"renegotiation": "not answered"},  # and then inconclusive: it has no way to answer a barrier
    "closes": {"renegotiation": "the device ended the connection"},
    "reference": {"renegotiation": "refused, and the connection stays", **STAYS, "call_for_the_new_domain": "elsewhere", "call_for_the_first_domain": "on the connection"},
}


def profile(mode):
    if mode == "reference":
        return mode
    folder = os.path.join(output, "devices", mode)
    os.makedirs(folder)
    with open(os.path.join(data, "devices/kamailio/profile.json"), encoding="utf-8") as file:
        members = json.load(file)
    script = os.path.join(data, "suites/checks/renegotiation_device.py")
    argv = ["python3", script, mode, "{dut_ip4}", "{sip_port}", "{sips_port}", "{cert_one}", "{key_one}", "{trust_pem}"]
    members.update(name=mode, title=f"OpenSSL: {mode}", ip=[4], requires=[], start={"argv": argv}, tls=["1.2"], parts=["server"], resolver="system")
    members.pop("version", None)
    with open(os.path.join(folder, "profile.json"), "w", encoding="utf-8") as file:
        json.dump(members, file)
    return os.path.join(folder, "profile.json")


def certificates(folder):
    """How many of its own the harness showed on the connection that was renegotiated."""
    with open(os.path.join(folder, "events.jsonl"), encoding="utf-8") as lines:
        events = [json.loads(line) for line in lines]
    asked = {event["connection"] for event in events if event["event"] == "renegotiation"}
    return len({event["own_certificate"]["fingerprint"] for event in events if event.get("connection") in asked and "own_certificate" in event})


def problem_of(mode):
    folder = os.path.join(output, mode)
    done = subprocess.run([program, "run", "--yes", "--device", profile(mode), "--ip", "4", "--out", folder, "authentication/renegotiated"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
    if done.returncode != 0:
        return f"{mode}: exit status {done.returncode}: {done.stdout[-1500:]}"
    with open(os.path.join(folder, "result.json"), encoding="utf-8") as file:
        (row,) = json.load(file)["scenarios"]
    seen = {one["name"]: one["value"] for one in row["observations"]}
    if row["verdict"] != ("inconclusive" if mode == "stops" else "pass") or seen != EXPECTED[mode]:
        return f"{mode}: {row['verdict']}, {seen} where {EXPECTED[mode]} was expected: {row['reason']}"
    if certificates(folder) != (2 if mode == "accepts" else 1):
        return f"{mode}: another number of certificates than of handshakes was shown"
    return None


def main():
    with ThreadPoolExecutor(len(EXPECTED)) as pool:
        problems = [problem for problem in pool.map(problem_of, EXPECTED) if problem]
    print("\n".join(problems) if problems else f"renegotiation: what {len(EXPECTED)} devices make of it is what is observed")
    return 1 if problems else 0


sys.exit(main())
