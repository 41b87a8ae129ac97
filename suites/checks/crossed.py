#!/usr/bin/env python3
"""Each engine of SCTP against the other, on a kernel that has SCTP: crossed.py SIPREUSE OUTPUT-FOLDER.

The harness on usrsctp and the reference device on the kernel's SCTP, and the reverse: everything that runs passes, and it does run."""
import json
import os
import subprocess
import sys

SCENARIOS = ["sctp/*", "two-connections/*", "aliasing/server-honour", "aliasing/server-wrong-identity"]
LEAST = 40  # variants that have to run
PROBLEMS = 20


def check(program, harness, device, output):
    command = [program, "run", "--device", "reference", "--sctp", harness, "--device-sctp", device, "--transport", "sctp,tls-sctp", "--no-pcap",
               *SCENARIOS, "--out", output]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    if done.returncode not in (0, 1):
        return [f"{' '.join(command)}: exit status {done.returncode}: {done.stdout[-1500:]}{done.stderr[-500:]}"]
    with open(os.path.join(output, "result.json"), encoding="utf-8") as file:
        result = json.load(file)
    wanted = f"{harness} (device: {device})"
    problems = [] if result["environment"]["sctp"] == wanted else [f"environment.sctp is {result['environment']['sctp']}, not {wanted}"]
    for row in result["scenarios"]:
        is_out_of_play = row["verdict"] == "not-applicable" and (row["because"] != "environment" or "multihoming" in row["id"])
        if row["verdict"] != "pass" and not is_out_of_play:
            problems.append(f"{wanted}: {row['id']} {row['variant']}: {row['verdict']}: {row['reason']}")
    passed = sum(row["verdict"] == "pass" for row in result["scenarios"])
    if passed < LEAST:
        problems.append(f"{wanted}: {passed} variants passed, {LEAST} at least were expected")
    if not problems:
        print(f"harness {harness}, device {device}: {passed} variants pass")
    return problems


def main():
    program, output = sys.argv[1], sys.argv[2]
    os.makedirs(output, exist_ok=True)
    problems = check(program, "userland", "kernel", os.path.join(output, "userland-to-kernel"))
    problems += check(program, "kernel", "userland", os.path.join(output, "kernel-to-userland"))
    print("\n".join(problems[:PROBLEMS]))
    return 2 if problems else 0


sys.exit(main())
