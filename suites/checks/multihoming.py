#!/usr/bin/env python3
"""Associations with two addresses a side, on a kernel with SCTP: multihoming.py SIPREUSE OUTPUT-FOLDER.

The reference device's aliases and associations outlive the loss of a path, and with the fault that keys aliases by path that is seen: what the
report states as observed is what happens."""
import json
import os
import subprocess
import sys

problems = []


def run(program, output, arguments):
    command = [program, "run", "--device", "reference-multihomed", "--sctp", "kernel", "--transport", "sctp,tls-sctp", *arguments, "--out", output]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    if done.returncode != 0:
        print(f"{' '.join(command)}: exit status {done.returncode}: {done.stdout[-1500:]}{done.stderr[-500:]}")
        sys.exit(2)
    with open(os.path.join(output, "result.json"), encoding="utf-8") as file:
        return json.load(file)["scenarios"]


def expect_observed(rows, scenario, name, value, least):
    found = [row for row in rows if row["id"] == scenario]
    if len(found) < least:
        problems.append(f"{scenario} has {len(found)} variants, {least} were expected")
    for row in found:
        seen = {one["name"]: one["value"] for one in row["observations"]}.get(name)
        if row["verdict"] != "pass" or seen != value:
            problems.append(f"{scenario} {row['variant']}: {row['verdict']}, {name} {seen}, '{value}' was expected: {row['reason']}")


def expect_two_addresses(output):
    with open(os.path.join(output, "events.jsonl"), encoding="utf-8") as lines:
        events = [json.loads(line) for line in lines]
    associations = [event for event in events if event["event"] == "association"]
    lost = [event["text"] for event in events if event["event"] == "lose"]
    if not associations or not lost:
        problems.append(f"{output}: no association, or no address was lost")
    for event in associations:
        if len(event["local_addresses"]) != 2 or len(event["remote_addresses"]) != 2:
            problems.append(f"{output}: an association has not two addresses a side: {event}")


def main():
    program, output = sys.argv[1], sys.argv[2]
    os.makedirs(output, exist_ok=True)
    whole = os.path.join(output, "reference-multihomed")
    rows = run(program, whole, ["sctp/multihoming", "sctp/multihoming-own", "sctp/second-address"])
    expect_observed(rows, "sctp/multihoming", "alias", "outlived the path", 2)
    expect_observed(rows, "sctp/multihoming-own", "association", "outlived the path", 4)
    expect_observed(rows, "sctp/second-address", "alias", "of the association", 2)
    expect_two_addresses(whole)
    rows = run(program, os.path.join(output, "by-path"), ["sctp/second-address", "--ip", "4", "--device-fault", "alias-by-path", "--no-pcap"])
    expect_observed(rows, "sctp/second-address", "alias", "of one address", 1)
    print("\n".join(problems) if problems else "associations with two addresses a side outlive the loss of a path, and so do their aliases")
    return 2 if problems else 0


sys.exit(main())
