#!/usr/bin/env python3
"""Reads results.tap, summary.md and badge.json of a folder and holds them to result.json beside them: check_formats.py FOLDER"""
import json
import re
import sys

folder = sys.argv[1]
problems = []


def read(name):
    with open(f"{folder}/{name}", encoding="utf-8") as file:
        return file.read()


result = json.loads(read("result.json"))
scenarios = result["scenarios"]


def check_tap(text):
    """The grammar of TAP 14 as far as it is used: version, plan, test points with directives, YAML blocks."""
    lines = text.split("\n")
    if lines[0] != "TAP version 14" or lines[1] != f"1..{len(scenarios) + 2}" or lines[-1]:
        problems.append(f"TAP: begins with {lines[:2]}")
    points, in_block = [], False
    for line in lines[2:-1]:
        point = re.fullmatch(r"(not )?ok (\d+) - ((?:[^#\\]|\\[#\\])*?)(?: # (SKIP|TODO) (.+))?", line)
        if in_block:
            in_block = line != "  ..."
            if in_block and not (re.fullmatch(r"  [a-z_]+: \d+", line) or json.loads(line.split(": ", 1)[1])):
                problems.append(f"TAP: {line}")
        elif line == "  ---":
            in_block = True
        elif point:
            points.append(point)
        elif not line.startswith("# "):
            problems.append(f"TAP: what is {line!r}?")
    if in_block or [int(point[2]) for point in points] != list(range(1, len(scenarios) + 3)):
        problems.append("TAP: the points are not numbered one by one")
    for point, scenario in zip(points, scenarios):
        is_idle = scenario["verdict"] == "pass" and not scenario["exercised"]
        wanted = "SKIP" if is_idle or scenario["verdict"] in ("inconclusive", "not-applicable") else None
        if scenario["verdict"] == "fail" and scenario.get("baseline"):
            wanted = "TODO"
        if bool(point[1]) != (scenario["verdict"] in ("fail", "error")) or point[4] != wanted:
            problems.append(f"TAP: {point[0]} of {scenario['verdict']}")
    if bool(points[-1][1]) == result["complete"] or bool(points[-2][1]) < bool(result["device"]["crashes"]):
        problems.append("TAP: the run's own points")


def check_markdown(text):
    """All markup is ours: what devices said has none left."""
    ours = re.sub(r"</?sub>|</?code>|&#\d+;|\*\*(Gate )?[a-z A-Z❌✅]*\*\*|\*\(in the baseline\)\*", "", text)
    body = "\n".join(line for line in ours.split("\n") if not line.startswith("|"))
    if re.search(r"[<>\[\]`*\\@]|://", body):
        problems.append(f"summary.md: markup that is not ours: {re.search('.*([<>`*@]|://).*', body)}")
    if ("Gate met" in text) != result["gate"]["met"]:
        problems.append("summary.md: the gate")
    for row in result["requirements"]:
        if row["status"] == "not-conformant" and re.fullmatch("[A-Za-z0-9.-]+", row["id"]) and f"<code>{row['id']}</code>" not in text:
            problems.append(f"summary.md: lacks {row['id']}")


def check_badge(badge):
    if badge["schemaVersion"] != 1 or set(badge) != {"schemaVersion", "label", "message", "color", "isError"}:
        problems.append(f"badge.json: {badge}")
    if (badge["color"] in ("brightgreen", "yellow")) != (result["gate"]["met"] and result["complete"]):
        problems.append(f"badge.json: colour {badge['color']}")


check_tap(read("results.tap"))
check_markdown(read("summary.md"))
check_badge(json.loads(read("badge.json")))
for problem in problems:
    print(problem)
sys.exit(1 if problems else 0)
