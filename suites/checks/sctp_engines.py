#!/usr/bin/env python3
"""What is said where an engine of SCTP cannot be had: sctp_engines.py SIPREUSE OUTPUT-FOLDER.

The userland engine is asked for by a process without CAP_NET_RAW, and, where the kernel's SCTP is loaded, beside it. Each time the scenarios over
SCTP are not applicable because of the environment, what runs over TCP runs, and the reason names what is missing; the device says it too."""
import json
import os
import shutil
import subprocess
import sys

BESIDE = "the kernel's SCTP is loaded and answers for every local address"
CAPABILITY = "CAP_NET_RAW"
SCENARIOS = ["sctp/payload-protocol", "wire/via-transport"]


def without_raw_sockets():
    """The words before a program that take the capability from it; an ordinary user has none."""
    return ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw", "--"] if os.geteuid() == 0 else []


def is_kernel_sctp_loaded():
    return os.path.exists("/proc/net/sctp")


def check_run(program, before, output, wanted, problems):
    command = [*before, program, "run", "--device", "reference", "--sandbox", "none", "--sctp", "userland", "--transport", "tcp,sctp", "--ip", "4",
               *SCENARIOS, "--out", output]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0:
        problems.append(f"{' '.join(command)}: exit status {done.returncode}: {done.stdout[-600:]}{done.stderr[-600:]}")
        return
    with open(os.path.join(output, "result.json"), encoding="utf-8") as file:
        result = json.load(file)
    if result["environment"]["sctp"] != "none":
        problems.append(f"the engine is said to be {result['environment']['sctp']}")
    rows = {True: [], False: []}
    for row in result["scenarios"]:
        rows["sctp" in row["variant"].split("-")[0]].append(row)
    if not rows[True] or not rows[False]:
        problems.append("nothing was selected over SCTP, or nothing over TCP")
    for row in rows[True]:
        if row["verdict"] != "not-applicable" or row["because"] != "environment" or wanted not in row["reason"]:
            problems.append(f"{row['id']} {row['variant']}: {row['verdict']}, because {row['because']}: {row['reason']}")
    problems += [f"{row['id']} {row['variant']}: {row['verdict']}: {row['reason']}" for row in rows[False] if row["verdict"] != "pass"]


def check_device(program, before, wanted, problems):
    command = [*before, program, "device", "--listen", "sctp:127.0.0.1:5060", "--domain", "one.test", "--sctp", "userland"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    if done.returncode != 3 or wanted not in done.stderr:
        problems.append(f"{' '.join(command)}: exit status {done.returncode}, '{wanted}' was to be said: {done.stdout}{done.stderr}")


def main():
    program, output = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    shutil.rmtree(output, ignore_errors=True)
    problems = []
    # A loaded module is in the way whatever this process may do.
    wanted = BESIDE if is_kernel_sctp_loaded() else CAPABILITY
    before = without_raw_sockets()
    check_run(program, before, os.path.join(output, "without-capability"), wanted, problems)
    check_device(program, before, wanted, problems)
    if is_kernel_sctp_loaded():
        check_run(program, [], os.path.join(output, "beside-the-kernel"), wanted, problems)
        check_device(program, [], wanted, problems)
    print("\n".join(problems) if problems else f"userland SCTP is refused with its reason ({wanted})")
    return 1 if problems else 0


sys.exit(main())
