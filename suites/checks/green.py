#!/usr/bin/env python3
"""Fails where a run has anything but passes and what does not apply: green.py FOLDER-WITH-RESULT."""
import json
import os
import sys

with open(os.path.join(sys.argv[1], "result.json"), encoding="utf-8") as text:
    scenarios = json.load(text)["scenarios"]
others = [s for s in scenarios if s["verdict"] not in ("pass", "not-applicable")]
for scenario in others:
    print(f"{sys.argv[1]}: {scenario['id']} {scenario['variant']} is {scenario['verdict']}: {scenario['reason']}")
if not any(s["verdict"] == "pass" for s in scenarios):
    print(f"{sys.argv[1]}: no scenario passed")
    sys.exit(1)
sys.exit(1 if others else 0)
