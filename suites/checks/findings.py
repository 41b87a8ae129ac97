#!/usr/bin/env python3
"""Compares what real devices score with what is known of them: findings.py FINDINGS.json FOLDER-WITH-RESULTS.

Each not-conformant requirement that is known must also show its evidence: the deciding message, or end, of a connection that it names; or the silence after
a barrier; or, where a check decided, the TLS facts of a connection."""
import json
import os
import sys

known = json.load(open(sys.argv[1], encoding="utf-8"))
problems = []


def journal_of(folder):
    with open(os.path.join(folder, "events.jsonl"), encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def rests_on_evidence(verdict, by_seq, journal):
    event = by_seq.get(verdict.get("on"))
    if event:
        return event["event"] == "silence" or (event["event"] in ("message", "sign") and "connection" in event)
    return any(e["event"] == "tls" and "connection" in e and (e.get("scenario"), e.get("variant")) == (verdict["scenario"], verdict["variant"])
               for e in journal)


def check_evidence(device, requirement, result, journal):
    by_seq = {event["seq"]: event for event in journal}
    failures = [s for s in result["scenarios"] if s["verdict"] == "fail" and requirement in s["requirements"]]
    if not failures:
        problems.append(f"{device}: {requirement} is not conformant, and no scenario failed")
    for scenario in failures:
        verdicts = [e for e in journal if e["event"] == "verdict" and e["scenario"] == scenario["id"]
                    and e["variant"] == scenario["variant"]]
        if not verdicts or not rests_on_evidence(verdicts[-1], by_seq, journal):
            problems.append(f"{device}: {scenario['id']} {scenario['variant']}: the verdict rests on no evidence")


for device, expected in known.items():
    folder = os.path.join(sys.argv[2], device)
    result = json.load(open(os.path.join(folder, "result.json"), encoding="utf-8"))
    statuses = {row["id"]: row["status"] for row in result["requirements"]}
    journal = journal_of(folder)
    for requirement, status in expected.items():
        # Several where the rule applies only to what the device happened to do in that run, such as resuming a session.
        if statuses.get(requirement) not in (status if isinstance(status, list) else [status]):
            problems.append(f"{device}: {requirement} is {statuses.get(requirement)}, expected {status}")
        elif statuses.get(requirement) == "not-conformant":
            check_evidence(device, requirement, result, journal)
for problem in problems:
    print(problem)
print(f"{sum(len(e) for e in known.values())} known findings compared, {len(problems)} problems")
sys.exit(1 if problems else 0)
