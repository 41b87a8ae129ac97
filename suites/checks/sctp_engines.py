#!/usr/bin/env python3
"""Which engine of SCTP is taken, and what is said where one cannot be had: sctp_engines.py SIPREUSE OUTPUT-FOLDER.

The userland engine is asked for by a process without CAP_NET_RAW, and, where the kernel's SCTP is loaded, beside it; the kernel's, where there is
none. Each time the scenarios over SCTP are not applicable because of the environment, what runs over TCP runs, and the reason names what is missing;
the device says it too. `auto` takes the kernel's where it is loaded, else the userland engine where it may."""
import json
import os
import shutil
import socket
import subprocess
import sys

BESIDE = "the kernel's SCTP is loaded and answers for every local address"
CAPABILITY = "CAP_NET_RAW"
NO_MODULE = "modprobe sctp"
SCENARIOS = ["sctp/payload-protocol", "wire/via-transport"]


def without_raw_sockets():
    """The words before a program that take the capability from it; an ordinary user has none."""
    return ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw", "--"] if os.geteuid() == 0 else []


def has_kernel_sctp():
    """Making a socket loads the module where there is one and nobody has forbidden it, as `auto` does."""
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_SCTP).close()
    except OSError:
        pass
    return os.path.exists("/proc/net/sctp")


def check_rows(rows, engine, wanted, problems):
    """engine: what the rows over SCTP ran on; "none": they did not, and the reason holds the words wanted."""
    over_sctp = [row for row in rows if "sctp" in row["variant"].split("-")[0]]
    over_tcp = [row for row in rows if row not in over_sctp]
    if not over_sctp or not over_tcp:
        problems.append("nothing was selected over SCTP, or nothing over TCP")
    refused = over_sctp if engine == "none" else []
    for row in refused:
        if row["verdict"] != "not-applicable" or row["because"] != "environment" or wanted not in row["reason"]:
            problems.append(f"{row['id']} {row['variant']}: {row['verdict']}, because {row['because']}: {row['reason']}")
    problems += [f"{row['id']} {row['variant']}: {row['verdict']}: {row['reason']}" for row in rows
                 if row not in refused and row["verdict"] != "pass"]


def check_run(program, before, asked, output, engine, wanted, problems):
    command = [*before, program, "run", "--device", "reference", "--sandbox", "none", "--sctp", asked, "--transport", "tcp,sctp", "--ip", "4",
               *SCENARIOS, "--out", output]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    if done.returncode != 0:
        problems.append(f"{' '.join(command)}: exit status {done.returncode}: {done.stdout[-600:]}{done.stderr[-600:]}")
        return
    with open(os.path.join(output, "result.json"), encoding="utf-8") as file:
        result = json.load(file)
    if result["environment"]["sctp"] != engine:
        problems.append(f"--sctp {asked}: the engine is said to be {result['environment']['sctp']}, not {engine}")
    check_rows(result["scenarios"], engine, wanted, problems)


def check_device(program, before, asked, wanted, problems):
    command = [*before, program, "device", "--listen", "sctp:127.0.0.1:5060", "--domain", "one.test", "--sctp", asked]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 3 or wanted not in done.stderr:
        problems.append(f"{' '.join(command)}: exit status {done.returncode}, '{wanted}' was to be said: {done.stdout}{done.stderr}")


def main():
    program, output = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    shutil.rmtree(output, ignore_errors=True)
    problems = []
    unarmed, is_loaded, is_root = without_raw_sockets(), has_kernel_sctp(), os.geteuid() == 0
    # A loaded module is in the way whatever this process may do.
    refusals = [(unarmed, "userland", BESIDE if is_loaded else CAPABILITY)]
    if is_loaded:
        refusals.append(([], "userland", BESIDE))
    else:
        refusals += [([], "kernel", NO_MODULE), (unarmed, "auto", CAPABILITY)]
    for number, (before, asked, wanted) in enumerate(refusals):
        check_run(program, before, asked, os.path.join(output, f"refused-{number}"), "none", wanted, problems)
        check_device(program, before, asked, wanted, problems)
    if is_loaded or is_root:
        check_run(program, [], "auto", os.path.join(output, "auto"), "kernel" if is_loaded else "userland", None, problems)
    said = ", ".join(f"{asked}: {wanted}" for _, asked, wanted in refusals)
    print("\n".join(problems) if problems else f"engines of SCTP are refused with their reasons ({said})")
    return 1 if problems else 0


sys.exit(main())
