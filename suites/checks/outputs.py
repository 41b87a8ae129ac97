#!/usr/bin/env python3
"""Checks the output folder of a run: the files that interfaces promise, against their schemas, and consistent with each other."""
import json
import os
import stat
import subprocess
import sys

import jsonschema

folder = sys.argv[1]
problems = []
for name in ("events.jsonl", "result.json", "junit.xml", "results.tap", "summary.md", "badge.json", "report.html", "pcap", "device.log", "device"):
    if not os.path.exists(os.path.join(folder, name)):
        problems.append(f"{name} is missing")
for root, _, files in os.walk(os.path.join(folder, "keys")):
    for name in files:
        if stat.S_IMODE(os.stat(os.path.join(root, name)).st_mode) != 0o600:
            problems.append(f"keys/{name} is not 0600")


def schema(name):
    return json.load(open(f"reports/schema/{name}", encoding="utf-8"))


result = json.load(open(os.path.join(folder, "result.json"), encoding="utf-8"))
for error in jsonschema.Draft202012Validator(schema("result.schema.json")).iter_errors(result):
    problems.append(f"result.json: {error.json_path}: {error.message}")

# One of the schema's alternatives holds, the one whose `event` the line has: no two have the same. Trying all forty takes twenty times as long.
journal_schema = schema("journal.schema.json")
line_validators = {}
for one in journal_schema["oneOf"]:
    kind = journal_schema["$defs"][one["$ref"].removeprefix("#/$defs/")]["properties"]["event"]["const"]
    if kind in line_validators:
        problems.append(f"journal.schema.json: two alternatives are of {kind}")
    line_validators[kind] = jsonschema.Draft202012Validator({**{k: v for k, v in journal_schema.items() if k != "oneOf"}, **one})
with open(os.path.join(folder, "events.jsonl"), encoding="utf-8") as lines:
    for number, line in enumerate(lines, 1):
        event = json.loads(line)
        if event["seq"] != number:
            problems.append(f"events.jsonl:{number}: seq is {event['seq']}")
        # All of a kind have one shape: a sample keeps this quick, and the first of each kind is always in it.
        if number % 50 == 0 or number < 200:
            if event["event"] not in line_validators:
                problems.append(f"events.jsonl:{number}: no line is of {event['event']}")
                continue
            for error in line_validators[event["event"]].iter_errors(event):
                problems.append(f"events.jsonl:{number}: {error.json_path}: {error.message}")

junit = subprocess.run(["xmllint", "--noout", "--schema", "suites/unit/reports/junit-10.xsd", os.path.join(folder, "junit.xml")],
                       capture_output=True, text=True, check=False)
if junit.returncode != 0:
    problems.append(junit.stderr.strip())
formats = subprocess.run([sys.executable, "suites/unit/reports/check_formats.py", folder], capture_output=True, text=True, check=False)
if formats.returncode != 0:
    problems.append(formats.stdout.strip() + formats.stderr.strip())
for scenario in result["scenarios"]:
    if scenario["verdict"] != "pass" and not scenario["reason"]:
        problems.append(f"{scenario['id']} {scenario['variant']}: {scenario['verdict']} without a reason")
for problem in problems[:20]:
    print(f"{folder}: {problem}")
sys.exit(1 if problems else 0)
