#!/usr/bin/env python3
"""The verdicts about a user agent can fail: seeded faults, looked for on the profile reference-ua, which is called and sends what REFER asks for.

    user_agent_faults.py SIPREUSE WORK           the faults of the list below: each has to be found, by its own requirement; seconds
    user_agent_faults.py SIPREUSE WORK --all     every seeded fault; says which are found so, and which a user agent cannot show
"""
import concurrent.futures
import json
import os
import subprocess
import sys

# A part of each kind of decision: identities as client and as server, aliases, closing, location, framing.
LISTED = """
server-reuse-by-address client-reuse-by-address alias-without-certificate alias-always alias-over-tcp last-alias-wins match-srv-target client-skip-verify
accept-expired accept-self-signed wildcard-match dns-only client-no-reopen server-no-reopen stale-client-row request-after-close-notify no-certificate-request
no-client-certificate allow-tls10 sni-srv-target ignore-priority no-a-fallback no-received one-read-one-message via-wrong-transport
""".split()
AT_ONCE = 4 * (os.cpu_count() or 1)

program, work = sys.argv[1:3]
is_all = sys.argv[3:] == ["--all"]
requirements = json.loads(subprocess.run([program, "list", "requirements", "--json"], check=True, stdout=subprocess.PIPE).stdout)["requirements"]
of_fault = {}
for row in requirements:
    # What only tells does not turn red: the kill matrix compares what is observed.
    for fault in row["faults"] if row["level"] not in ("MAY", "obs") else []:
        of_fault.setdefault(fault, []).append(row["id"])


def look_for(fault):
    """'found', or why not."""
    out = os.path.join(work, fault)
    ended = subprocess.run([program, "run", "--device", "reference-ua", "--device-fault", fault, "--transport", "tcp,tls", "--ip", "4", "--no-pcap",
                            "--out", out] + of_fault[fault], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    try:
        with open(os.path.join(out, "result.json"), encoding="utf-8") as file:
            result = json.load(file)
    except OSError:
        return ended.stdout.strip().splitlines()[-1] if ended.stdout.strip() else f"exit {ended.returncode}"
    statuses = {row["id"]: row["status"] for row in result["requirements"] if row["id"] in of_fault[fault]}
    if "not-conformant" in statuses.values():
        return "found"
    return ", ".join(sorted(set(statuses.values()))) or "no scenario of its requirement runs"


faults = sorted(of_fault) if is_all else LISTED
unknown = [fault for fault in faults if fault not in of_fault]
if unknown:
    sys.exit(f"no requirement names the fault {unknown[0]}")
os.makedirs(work, exist_ok=True)
with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
    answers = dict(zip(faults, pool.map(look_for, faults)))
missed = {fault: answer for fault, answer in answers.items() if answer != "found"}
for fault, answer in missed.items():
    print(f"{fault}: {answer}")
print(f"reference-ua: {len(faults) - len(missed)} of {len(faults)} faults are found by their own requirement")
sys.exit(0 if is_all or not missed else 1)
