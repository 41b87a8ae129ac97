#!/usr/bin/env python3
"""Checks the kill matrix's JSON: every fault of the catalogue is there, killed by a requirement of its own, and nothing turned red unexplained.

A row of level MAY or obs cannot turn red: it names what its scenarios observe with the fault, and without it."""
import json
import sys

matrix = json.load(open(sys.argv[1], encoding="utf-8"))
catalogue = json.load(open("scenarios/requirements.json", encoding="utf-8"))
wanted = {fault: set() for row in catalogue["requirements"] for fault in row["faults"]}
for row in catalogue["requirements"]:
    for fault in row["faults"]:
        wanted[fault].add(row["id"])

telling = {row["id"] for row in catalogue["requirements"] if row["level"] in ("MAY", "obs")}
problems = []
seen = {}
for fault in matrix["faults"]:
    seen[fault["name"]] = fault
    if not fault["killed"]:
        problems.append(f"{fault['name']}: not killed")
    # What the fault's entry explains is not among these.
    if fault["unexpected"]:
        problems.append(f"{fault['name']}: its entry in faults.def does not explain {fault['unexpected'][:5]}")
for name, requirements in sorted(wanted.items()):
    if name not in seen:
        problems.append(f"{name}: named in requirements.json, not in the matrix")
        continue
    killed_by = {kill["requirement"] for kill in seen[name]["killed_by"]}
    for requirement in sorted(requirements - killed_by):
        problems.append(f"{name}: requirement {requirement} " + ("tells no difference" if requirement in telling else "did not turn red"))
    for kill in seen[name]["killed_by"]:
        difference = kill.get("difference")
        if difference and (kill["requirement"] not in telling or difference["with"] == difference["without"]):
            problems.append(f"{name}: {kill} is no proof")
for profile in matrix["fault_free"]:
    if not profile["green"]:
        problems.append(f"{profile['profile']} without a fault: {profile['reason']} {profile['unexpected'][:5]}")
for problem in problems:
    print(problem)
print(f"{len(seen)} faults, {len(problems)} problems")
sys.exit(1 if problems or not seen else 0)
