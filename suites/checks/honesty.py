#!/usr/bin/env python3
"""`sipreuse check-device` on profiles that say what is not so, each refuted by the device itself: honesty.py SIPREUSE OUTPUT-FOLDER."""
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

program, output = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
data = os.environ.get("SIPREUSE_DATA", os.getcwd())


def device(name, change=None, faults=(), claims=None, base="reference", **members):
    """A profile like base's, and its configuration changed behind its back."""
    folder = os.path.join(output, "devices", name)
    os.makedirs(folder)
    with open(os.path.join(data, "devices", base, "profile.json"), encoding="utf-8") as file:
        profile = json.load(file)
    profile["claims"].update(claims or {})
    profile.update(name=name, ip=[4], **members)
    profile["start"]["ready_timeout_s"] = 5
    profile["start"]["templates"][0]["from"] = "reference.json.in"
    with open(os.path.join(data, "devices/reference/reference.json.in"), encoding="utf-8") as file:
        text = file.read().replace("@faults|list@", json.dumps(list(faults)))
    with open(os.path.join(folder, "reference.json.in"), "w", encoding="utf-8") as file:
        file.write(change(text) if change else text)
    with open(os.path.join(folder, "profile.json"), "w", encoding="utf-8") as file:
        json.dump(profile, file)
    return os.path.join(folder, "profile.json")


def without_tls(text):
    """Plain listeners alone; the comma in front of what is gone goes too."""
    kept = "\n".join(line for line in text.split("\n") if '"tls"' not in line)
    return kept.replace('"port": @sip_port@},\n@if:dut_ip4@@if:sctp', '"port": @sip_port@}\n@if:dut_ip4@@if:sctp')


def check(profile):
    name = os.path.basename(os.path.dirname(profile))
    done = subprocess.run([program, "check-device", "--yes", profile, "--out", os.path.join(output, "out", name)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240)
    return done.returncode, done.stdout


def main():
    shutil.rmtree(output, ignore_errors=True)
    mute = {"kind": "command", "argv": ["false", "{uri}"], "sends": ["OPTIONS"]}
    trials = (
        ("all is as it says", device("honest"), 0, [], []),
        ("says it asks for aliases, and never does", device("never-aliases", lambda text: text.replace('"never_reuse": false', '"never_reuse": true')), 1,
         ["WRONG  claims.sends_alias is true, and the device does not", "set claims.sends_alias"], ["claims.requests_certificate is true, and"]),
        ("says it reuses connections, and opens one for each request", device("never-reuses", lambda text: text.replace('"never_reuse": false', '"never_reuse": true'),
                                                                             faults=["new-connection-per-request"]), 1, ["WRONG  claims.reuses is true"], []),
        ("says TLS, and has no listener", device("no-listener", without_tls), 1,
         ["WRONG  starts and answers", "a TLS handshake at 198.18.", "take tls out of 'transports'"], ["ok     starts"]),
        ("says it has a client certificate, and shows none", device("no-client-certificate", faults=["no-client-certificate"]), 1,
         ["WRONG  claims.client_certificate is true, and the device does not", "configure cert_one"], ["claims.requests_certificate is true, and"]),
        ("says it asks for certificates, and does not", device("no-request", faults=["no-certificate-request"]), 1,
         ["WRONG  claims.requests_certificate is true, and the device does not"], ["claims.client_certificate is true, and"]),
        ("does what it does not say", device("modest", claims={"sends_alias": False}), 0, ["note   claims.sends_alias is false, and the device does it"], ["WRONG"]),
        ("its stimulus leads to nothing", device("mute", base="reference-ua", stimulus=mute), 1,
         ["WRONG  is made to send over TCP", "What was tried: The profile's command ended with exit status 1"], []),
    )
    failures = 0
    with ThreadPoolExecutor(8) as pool:
        for (what, _, status, there, absent), (seen, text) in zip(trials, pool.map(check, [trial[1] for trial in trials])):
            is_so = seen == status and all(part in text for part in there) and not any(part in text for part in absent)
            print(f"{'ok' if is_so else 'NOT OK'}  {what}", flush=True)
            if not is_so:
                failures += 1
                print(text)
    print(f"honesty: {failures} failures")
    sys.exit(1 if failures else 0)


main()
