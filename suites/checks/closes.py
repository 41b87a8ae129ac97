#!/usr/bin/env python3
"""Every close of an association is followed by a proof that the device has seen it: its own close_notify, or two OPTIONS of the UA that were answered on
an association opened for that. That the association is shut down says nothing: the device's SCTP answers, and the device itself may hear of it later.

    suites/checks/closes.py FOLDER...    folders of runs; exit status 1 when one close is without proof, or when there is none to look at"""
import collections
import json
import os
import sys

PROOFS = ("close_notify", "timeout", "silence", "error")  # its own; or none, and what follows says so
ROUND_TRIPS = 2


def races(scenario, known={}):  # one look at each file
    """The scenario closes without waiting, on purpose."""
    if scenario not in known:
        with open(f"scenarios/{scenario}.json", encoding="utf-8") as file:
            known[scenario] = '"uncertain"' in file.read()
    return known[scenario]


def unproved(folder):
    """[(scenario, variant, seq)] of the closes without proof, and how many closes were looked at."""
    open_closes, found, seen = {}, [], 0
    transports = collections.defaultdict(dict)
    witnesses = collections.defaultdict(set)
    with open(os.path.join(folder, "events.jsonl"), encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            key = event.get("scenario"), event.get("variant")
            kind = event["event"]
            if kind == "connection":
                transports[key][event["connection"]] = event["transport"]
            elif kind == "name" and event["name"] == "ua-witness":
                witnesses[key].add(event["connection"])
            elif kind == "close" and event["how"] in ("fin", "graceful", "rst") and transports[key].get(event["connection"]) in ("sctp", "tls-sctp") \
                    and not races(event["scenario"]):
                seen += 1
                open_closes[key] = {"connection": event["connection"], "seq": event["seq"], "trips": 0, "is_proved": False}
            elif key in open_closes:
                close = open_closes[key]
                if kind == "sign" and event["connection"] == close["connection"] and event["sign"] in PROOFS:
                    close["is_proved"] = True
                elif kind == "message" and event["direction"] == "in" and event["connection"] in witnesses[key]:
                    close["trips"] += 1
                elif kind in ("stimulate", "step") and event.get("verb", kind) == "stimulate":
                    if not close["is_proved"] and close["trips"] < ROUND_TRIPS:
                        found.append((*key, close["seq"]))
                    del open_closes[key]
                elif kind in ("verdict", "scenario-abort"):
                    del open_closes[key]
    return found, seen


def main():
    status, seen = 0, 0
    for folder in sys.argv[1:]:
        found, count = unproved(folder)
        seen += count
        for scenario, variant, seq in found[:20]:
            print(f"{folder}: {scenario} {variant}: the close of event {seq} was followed by a stimulus without proof that the device had seen it")
            status = 1
    if not seen:
        print("closes.py: no association was closed: there is nothing to check")
        status = 1
    return status


sys.exit(main())
