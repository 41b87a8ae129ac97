#!/usr/bin/env python3
"""A person at the console, played by this script: operator_console.py SIPREUSE OUTPUT-FOLDER.

The reference as a user agent is the device, and what it is told by hand is a REFER over TCP. One prompt is asked again, one is obeyed, one is skipped, one is
answered with "the device cannot": each has to come to the verdict that it stands for."""
import json
import os
import re
import shutil
import socket
import subprocess
import sys

program, output = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
data = os.environ.get("SIPREUSE_DATA", os.getcwd())
shutil.rmtree(output, ignore_errors=True)
os.makedirs(os.path.join(output, "by-hand"))
with open(os.path.join(data, "devices/reference-ua/profile.json"), encoding="utf-8") as file:
    profile = json.load(file)
profile["name"] = "by-hand"
profile["stimulus"] = {"kind": "operator", "instruction": "Make the device send OPTIONS to {uri}", "sends": "OPTIONS", "timeout_s": 30}
shutil.copy(os.path.join(data, "devices/reference/reference.json.in"), os.path.join(output, "by-hand"))
profile["start"]["templates"][0]["from"] = "reference.json.in"
with open(os.path.join(output, "by-hand/profile.json"), "w", encoding="utf-8") as file:
    json.dump(profile, file)
pipe = os.path.join(output, "keys")
os.mkfifo(pipe)


def refer(uri):
    with open(os.path.join(output, "run/device/reference.json"), encoding="utf-8") as file:
        config = json.load(file)
    listen, domain = [l for l in config["listen"] if l["transport"] == "tcp"][0], config["domains"][0]["name"]
    with socket.create_connection((listen["address"], listen["port"]), timeout=10) as connection:
        connection.sendall((f"REFER sip:{domain} SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK{abs(hash(uri))}\r\nMax-Forwards: 70\r\n"
                            f"From: <sip:hand@hand.test>;tag=1\r\nTo: <sip:{domain}>\r\nCall-ID: {abs(hash(uri))}\r\nCSeq: 1 REFER\r\n"
                            f"Refer-To: <{uri};method=OPTIONS>\r\nContact: <sip:127.0.0.1:9>\r\nContent-Length: 0\r\n\r\n").encode())
        connection.recv(4096)


scenarios = ["location/explicit-port", "location/no-srv", "wire/via-transport"]
run = subprocess.Popen([program, "run", "--yes", "--device", os.path.join(output, "by-hand/profile.json"), "--sandbox", "none", "--ip", "4", "--transport", "tcp",
                        "--operator", pipe, "--no-pcap", "--out", os.path.join(output, "run"), *scenarios],
                       stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, stdin=subprocess.DEVNULL)
# For both ways: opening it does not wait for a program that has ended already.
keys = os.fdopen(os.open(pipe, os.O_RDWR), "w", encoding="utf-8", buffering=1)
prompts, acts = 0, ["again", "obey", "skip", "cannot"]
for line in run.stderr:
    asked = re.match(r"\[(\d+)\] Make the device send OPTIONS to (\S+)", line)
    if not asked:
        continue
    act = acts[min(prompts, len(acts) - 1)]
    prompts += 1
    if act == "again":
        keys.write("r\n")
    elif act == "obey":
        refer(asked[2])
    else:
        keys.write("s\n" if act == "skip" else "n\n")
status = run.wait()
with open(os.path.join(output, "run/result.json"), encoding="utf-8") as file:
    verdicts = sorted((s["verdict"], s.get("because") or "") for s in json.load(file)["scenarios"] if s.get("because") != "profile")
wanted = [("inconclusive", ""), ("not-applicable", "operator"), ("pass", "")]
print(f"{prompts} prompts, exit status {status}, verdicts {verdicts}")
sys.exit(0 if verdicts == wanted else 1)
