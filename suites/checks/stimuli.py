#!/usr/bin/env python3
"""Each way of making a device send, on the reference as a user agent, and each way in which it leads to nothing: stimuli.py SIPREUSE OUTPUT-FOLDER.

Without a sandbox, on loopback addresses. A stimulus that came to nothing has to be inconclusive, and say what was tried."""
import json
import os
import shutil
import subprocess
import sys

program, output = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
data = os.environ.get("SIPREUSE_DATA", os.getcwd())
failures = 0


def expect(what, is_so, evidence=""):
    global failures
    print(f"{'ok' if is_so else 'NOT OK'}  {what}", flush=True)
    if not is_so:
        failures += 1
        print(str(evidence)[-2000:])


def device(name, stimulus, base="reference-ua", template=None, **members):
    """A profile like base's with another stimulus; template: what becomes of the text of its configuration."""
    folder = os.path.join(output, "devices", name)
    os.makedirs(folder)
    with open(os.path.join(data, "devices", base, "profile.json"), encoding="utf-8") as file:
        profile = json.load(file)
    profile.update(name=name, stimulus=stimulus, **members)
    with open(os.path.join(data, "devices/reference/reference.json.in"), encoding="utf-8") as file:
        text = file.read()
    with open(os.path.join(folder, "reference.json.in"), "w", encoding="utf-8") as file:
        file.write(template(text) if template else text)
    profile["start"]["templates"][0]["from"] = "reference.json.in"
    with open(os.path.join(folder, "profile.json"), "w", encoding="utf-8") as file:
        json.dump(profile, file)
    return os.path.join(folder, "profile.json")


class Run:
    def __init__(self, profile, *selectors, environment=None):
        name = os.path.basename(os.path.dirname(profile))
        self.folder = os.path.join(output, "out", name)
        done = subprocess.run([program, "run", "--yes", "--device", profile, "--sandbox", "none", "--ip", "4", "--no-pcap", "--out", self.folder, *selectors],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=240, env={**os.environ, **(environment or {})})
        self.status, self.text = done.returncode, done.stdout + done.stderr
        with open(os.path.join(self.folder, "result.json"), encoding="utf-8") as file:
            self.scenarios = [s for s in json.load(file)["scenarios"] if s["verdict"] != "not-applicable"]
        with open(os.path.join(self.folder, "events.jsonl"), encoding="utf-8") as lines:
            self.journal = [json.loads(line) for line in lines]

    def passes(self, least):
        return self.status == 0 and len(self.scenarios) >= least and all(s["verdict"] == "pass" for s in self.scenarios)

    def comes_to_nothing(self, *parts):
        """All inconclusive, with a reason that holds these."""
        return bool(self.scenarios) and all(s["verdict"] == "inconclusive" and all(part in s["reason"] for part in parts) for s in self.scenarios)

    def evidence(self):
        return self.text + "".join(f"{s['id']} {s['variant']}: {s['verdict']}: {s['reason']}\n" for s in self.scenarios)

    def sent(self, method):
        """Connections on which a request of that method went to the device."""
        return {e["connection"] for e in self.journal if e["event"] == "message" and e["direction"] == "out" and e["first_line"].startswith(method + " ")}

    def written(self):
        return "".join(open(os.path.join(folder, name), encoding="utf-8", errors="replace").read()
                       for folder, _, names in os.walk(self.folder) for name in names)


SAMPLE = ("wire/via-transport", "location/explicit-port")


def registrar():
    registering = {"kind": "registrar", "transport": "tls", "after": "REFER", "sends": ["OPTIONS", "MESSAGE"]}
    run = Run(device("registers", registering), *SAMPLE)
    expect("a device that registers is called", run.passes(4), run.evidence())
    registered = {e["text"].rsplit("(connection ", 1)[1].rstrip(")") for e in run.journal if e["event"] == "device" and e["state"] == "registered"}
    expect("over the connection on which it did", {str(id) for id in run.sent("REFER")} <= registered and run.sent("REFER"), (registered, run.sent("REFER")))
    run = Run(device("called-at-contact", {**registering, "transport": "tcp", "through": "contact"}), *SAMPLE)
    opened = {e["connection"] for e in run.journal if e["event"] == "connection" and e["opened_by"] == "harness"}
    expect("another one at its contact", run.passes(4) and run.sent("REFER") and run.sent("REFER") <= opened, run.evidence())
    run = Run(device("never-registers", {**registering, "timeout_s": 1}, template=lambda text: text.replace('"register": @registrar_uri|json@,', "")), *SAMPLE)
    expect("one that never registers is not ready, and the report says where it had to",
           run.status == 3 and "did not register with sip:registrar." in run.text and "nothing came to the registrar" in run.text, run.text)
    run = Run(device("trusts-nobody", {**registering, "timeout_s": 1}, template=lambda text: text.replace("@trust_pem|json@", "@cert_one|json@")), *SAMPLE)
    expect("one that refuses the registrar's certificate is told from it", run.status == 3 and "was not established" in run.text, run.text)


def main():
    shutil.rmtree(output, ignore_errors=True)
    registrar()
    print(f"stimuli: {failures} failures")
    sys.exit(1 if failures else 0)


main()
