#!/usr/bin/env python3
"""What a device may do with user messages and associations of plain SCTP that no rule foresees: broken_sctp.py SIPREUSE OUTPUT-FOLDER.

SIP split over user messages, two in one, nonsense between them, ABORT at once, SHUTDOWN with data outstanding: no crash, no error of the suite, a
verdict for each scenario, and where what was waited for came in pieces, inconclusive with that as its reason."""
import concurrent.futures
import json
import os
import subprocess
import sys

SCENARIOS = ["sctp/via", "sctp/any-stream", "sctp/payload-protocol", "sctp/no-length", "sctp/surplus", "two-connections/tcp", "two-connections/reuse-own"]
# By fault: whether its device passes all the same, and words that some reason has to hold.
FAULTS = {
    "split-sctp": (False, "held no whole SIP message"),
    "two-in-one-sctp": (True, None),
    "nonsense-sctp": (True, None),
    "abort-sctp": (False, None),
    "shutdown-sctp": (False, None),
}


def check(program, fault, output):
    passes, words = FAULTS[fault]
    command = [program, "run", "--device", "reference", "--device-fault", fault, "--transport", "sctp", "--ip", "4", "--no-pcap", *SCENARIOS,
               "--out", output]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    if done.returncode not in (0, 1):
        return [f"{fault}: exit status {done.returncode}: {done.stdout[-800:]}{done.stderr[-400:]}"]
    with open(os.path.join(output, "result.json"), encoding="utf-8") as file:
        result = json.load(file)
    rows = result["scenarios"]
    problems = [f"{fault}: {row['id']} {row['variant']}: error: {row['reason']}" for row in rows if row["verdict"] == "error"]
    problems += [f"{fault}: {row['id']} {row['variant']}: {row['verdict']} without a reason" for row in rows
                 if row["verdict"] != "pass" and not row["reason"]]
    if result["environment"]["sctp"] == "none" or not any(row["verdict"] != "not-applicable" for row in rows):
        problems.append(f"{fault}: nothing ran: there is no SCTP here")
    if result["device"]["crashes"] or result["device"]["hangs"]:
        problems.append(f"{fault}: the device crashed or hung: {result['device']}")
    bad = [row for row in rows if row["verdict"] not in ("pass", "not-applicable")]
    if passes and bad:
        problems += [f"{fault}: {row['id']} {row['variant']}: {row['verdict']}: {row['reason']}" for row in bad]
    if not passes and not bad:
        problems.append(f"{fault}: everything passed: the fault was not seen at all")
    if words and not any(row["verdict"] == "inconclusive" and words in row["reason"] for row in rows):
        problems.append(f"{fault}: nothing is inconclusive because '{words}'")
    counts = {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in ("pass", "fail", "inconclusive", "not-applicable")}
    print(f"{fault:16} {'FAILED' if problems else 'ok':7}" + ", ".join(f"{count} {verdict}" for verdict, count in counts.items()), flush=True)
    return problems


def main():
    program, output = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    os.makedirs(output, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        problems = sum(pool.map(lambda fault: check(program, fault, os.path.join(output, fault)), FAULTS), [])
    print("\n".join(problems))
    return 1 if problems else 0


sys.exit(main())
