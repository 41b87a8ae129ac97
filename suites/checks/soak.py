#!/usr/bin/env python3
"""What the soak watches can be violated, and with a fixed seed is: soak.py SIPREUSE OUTPUT-FOLDER.

Each rule of harness/run/soak_judge.c has a fault of the reference device that breaks it, one request in fifty where that is enough. What is sent depends
on the seed alone: the same one gives the same traffic again, another one another."""
import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

program, output = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
VARIANT = "interop/soak:tls-tls13-ip4-server"
SEED = "7"

# Fault, the requirement that it breaks, and what the soak says of it.
BROKEN = (
    ("server-reuse-by-address", "5923-8.2-identity-cache", r"which the peer had opened and on which only \S+ was proved"),
    ("client-reuse-by-address", "5923-8.1-identity-cache", r"which the device had opened and on which only \S+ was proved"),
    ("twice-one-in-fifty", "3261-16.5-once", r"a request came twice"),
    ("lose-one-in-fifty", "3261-16.5-once", r"a request for \S+ was lost"),
    ("answer-one-in-fifty", "3261-16.5-once", r"answered 200 to a request that never came to the peer"),
    ("ignore-requests-on-alias", "3261-16.5-once", r"requests of the peer were not answered"),
    ("record-route-wrong", "3261-16.5-once", r"the ACK of a call to \S+ was lost"),
    ("response-on-other", "3261-18.2.2-response-connection", r"the response to a request on connection \d+ came on connection \d+"),
    ("client-no-reopen", "5923-8.1-reopen", r"was answered 503, although the peer listens"),
    ("new-connection-per-request", "5923-8.1-reuse-forward", r"the device has opened \d+ connections since the last close; \d+ are explained"),
    ("stale-client-row", "5923-8.1-reuse-forward", r"the device has opened \d+ connections since the last close; \d+ are explained"),
)


def soak(name, seed, fault=None):
    """The variant's verdict, reason and what it counted, and the requirements that it found broken."""
    folder = os.path.join(output, name)
    words = [program, "run", "--device", "reference", "--suite", "soak", VARIANT, "--soak", "1s", "--seed", seed, "--out", folder, "--no-pcap"]
    done = subprocess.run(words + (["--device-fault", fault] if fault else []), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=200)
    if done.returncode not in (0, 1):
        return {"verdict": "none", "reason": done.stdout[-500:], "broken": [], "counted": ""}
    with open(os.path.join(folder, "result.json"), encoding="utf-8") as file:
        result = json.load(file)
    scenario = result["scenarios"][0]
    return {"verdict": scenario["verdict"], "reason": scenario["reason"] or "",
            "broken": [row["id"] for row in result["requirements"] if row["status"] == "not-conformant"],
            "counted": next((o["value"] for o in scenario["observations"] if o["name"] == "soak"), "")}


def sent(counted):
    """How many requests of the peer's domains and how many closes. A call that did not come about, as may be right after a close, has no BYE: the other
    way's requests are not counted."""
    found = re.search(r"(\d+) from them, (\d+) closes", counted)
    return found and found.groups()


def main():
    shutil.rmtree(output, ignore_errors=True)
    problems = []
    with ThreadPoolExecutor(4) as pool:
        good = [pool.submit(soak, f"good-{i}", seed) for i, seed in enumerate((SEED, SEED, "8"))]
        bad = [(row, pool.submit(soak, row[0], SEED, row[0])) for row in BROKEN]
        for (fault, requirement, words), running in bad:
            seen = running.result()
            if seen["verdict"] != "fail" or seen["broken"] != [requirement] or not re.search(words, seen["reason"]):
                problems.append(f"{fault}: wanted {requirement} for '{words}', got {seen}")
        seen = [running.result() for running in good]
    problems += [f"without a fault: {each}" for each in seen if each["verdict"] != "pass"]
    first, again, other = (sent(each["counted"]) for each in seen)
    if not first or first != again or first == other:
        problems.append(f"requests and closes by seed: {SEED} {first}, {SEED} {again}, 8 {other}")
    for problem in problems:
        print(problem)
    print(f"soak: {len(BROKEN)} faults, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
