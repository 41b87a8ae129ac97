#!/usr/bin/env python3
"""Each way of making a device send, on the reference as a user agent, and each way in which it leads to nothing: stimuli.py SIPREUSE OUTPUT-FOLDER.

A stimulus that came to nothing has to be inconclusive, and say what was tried."""
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

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
        done = subprocess.run([program, "run", "--yes", "--device", profile, "--ip", "4", "--no-pcap", "--out", self.folder, *selectors],
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


def at_once(trials):
    """Each: what, is_so(run), a profile and what Run takes; they wait more than they work."""
    with ThreadPoolExecutor(8) as pool:
        runs = [(what, is_so, pool.submit(Run, *words, **more)) for what, is_so, words, more in trials]
        for what, is_so, run in runs:
            expect(what, is_so(run.result()), run.result().evidence())


SAMPLE = ("wire/via-transport", "location/explicit-port")
QUICK = ("wire/via-transport", "--transport", "tcp")


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


def without_tls(text):
    """Its port is the HTTP server's then."""
    kept = "\n".join(line for line in text.split("\n") if '"tls"' not in line)
    return kept.replace('"port": @sip_port@},\n@if:dut_ip4@@if:sctp', '"port": @sip_port@}\n@if:dut_ip4@@if:sctp')


def http_device(mode, request, **members):
    """http_device.py in a mode, asked by that request."""
    words = ["python3", os.path.join(data, "suites/checks/http_device.py"), mode, "{dut_ip4}", "{sip_port}", "{sips_port}", "{cert_one}", "{key_one}", "{self}", "{config}/reference.json"]
    start = {"argv": words, "templates": [{"from": "reference.json.in", "to": "reference.json"}]}
    base = {"url": "http://{dut_ip4}:{http_port}/call"}
    http = json.loads(json.dumps({**base, **request}).replace("{http_port}", "{sips_port}"))
    return device(f"http-{len(os.listdir(os.path.join(output, 'devices')))}", {"kind": "http", "http": http, "sends": ["OPTIONS", "MESSAGE"], **members},
                  template=without_tls, transports=["tcp"], start=start)


def dialog():
    """In-dialog requests: seen where they come, which is what the scenarios are about."""

    def user_agent(mode, after, sends):
        words = ["python3", os.path.join(data, "suites/checks/dialog_device.py"), mode, "{dut_ip4}", "{sip_port}"]
        return device(f"dialog-{mode}", {"kind": "dialog", "transport": "tcp", "after": after, "sends": sends}, resolver="none", transports=["tcp"],
                      domains=["one.dut.{run}.test"], start={"argv": words, "templates": [{"from": "reference.json.in", "to": "reference.json"}]})

    for mode, after, sends in (("bye", "INVITE", "BYE"), ("re-invite", "INVITE", "INVITE"), ("notify", "SUBSCRIBE", "NOTIFY")):
        yield f"called, it sends {sends} after {after}", lambda run: run.passes(1), (user_agent(mode, after, sends), "location/numeric"), {}
        yield (f"its {sends} on the caller's connection is seen there", lambda run, sends=sends: run.comes_to_nothing(f"The {sends} of", "(ua, "),
               (user_agent(mode + "-same", after, sends), "location/numeric"), {})
    yield ("called, it sends nothing", lambda run: run.comes_to_nothing("What was tried: The device was sent INVITE and answered 200"),
           (user_agent("mute", "INVITE", "BYE"), "location/numeric"), {})
    yield "told by a program that does nothing", lambda run: run.comes_to_nothing("ended with exit status 0"), (
        device("command-idle", {"kind": "command", "argv": ["true", "{uri}"], "sends": "OPTIONS"}), *QUICK), {}
    yield "told by a program that is not there", lambda run: run.comes_to_nothing("no-such-program is not there"), (
        device("command-none", {"kind": "command", "argv": ["no-such-program"], "sends": "OPTIONS"}), *QUICK), {}


BODY = {"json": {"to": "{uri}", "method": "{method}"}}


def http():
    for what, mode, request in (
            ("JSON", "plain", BODY),
            ("a body of one's own, and another method", "plain", {"method": "PUT", "body": '{{"to": "{uri}", "method": "{method}"}', "headers": {"X-Call": "{token}"}}),
            ("a query alone", "plain", {"url": "http://{dut_ip4}:{http_port}/call?method={method}&to={uri}"}),
            ("JSON-RPC", "rpc", {"json_rpc": {"method": "call", "params": ["{method}", "{uri}"]}}),
            ("TLS, its certificate verified by the run's CA", "tls", {**BODY, "url": "https://{domain_one}:{http_port}/call", "trust": "{trust_pem}"}),
            ("TLS, not verified", "tls", {**BODY, "url": "https://{dut_ip4}:{http_port}/call", "verify": False})):
        yield "over HTTP: " + what, lambda run: run.passes(2), (http_device(mode, request), *SAMPLE), {}
    for what, mode, request, part in (
            ("TLS, a certificate of a CA that is not trusted", "tls", {**BODY, "url": "https://{domain_one}:{http_port}/call"}, "certificate"),
            ("a redirection, which is not followed", "redirect", BODY, "answered 302: elsewhere"),
            ("an error in a JSON-RPC reply", "rpc-error", {"json_rpc": {"method": "call"}}, "no line is free"),
            ("garbage", "garbage", BODY, "answered 500: ?[2J?"),
            ("nobody listens", "plain", {**BODY, "url": "http://{dut_ip4}:9/"}, "failed: Failed to connect"),
            ("no answer", "silent", BODY, "was not answered within 1.0 s")):
        yield ("over HTTP, in vain: " + what, lambda run, part=part: run.comes_to_nothing("HTTP request (", part),
               (http_device(mode, request, timeout_s=1), *QUICK), {})


def secrets():
    """Each way of proving who asks; and no secret in anything that is written."""
    netrc = os.path.join(output, "netrc")
    with open(netrc, "w", encoding="utf-8") as file:
        file.write('default login box password "open sesame"\n')
    given = {"environment": {"BOX_SECRET": "open sesame", "NETRC": netrc}}

    def is_hidden(run):
        return run.comes_to_nothing("answered 403") and not any(secret in run.written() + run.text for secret in ("open sesame", "Ym94Om9wZW4gc2VzYW1l"))

    for scheme in ("basic", "digest", "bearer", "basic netrc"):
        word, _, source = scheme.partition(" ")
        auth = {"scheme": word, "netrc": True} if source else {"scheme": word, "user": "box", "password_env": "BOX_SECRET"}
        yield f"over HTTP with {scheme}", lambda run: run.passes(1), (http_device(word, {**BODY, "auth": auth}), *QUICK), given
        yield (f"a server that echoes what it was sent ({scheme}) gets nothing of it into a report", is_hidden,
               (http_device("echo", {**BODY, "auth": auth}), *QUICK), given)
    basic = http_device("basic", {**BODY, "auth": {"scheme": "basic", "user": "box", "password_env": "BOX_SECRET"}})
    yield ("over HTTP with the wrong password", lambda run: run.comes_to_nothing("answered 401: who are you?"), (basic, *QUICK),
           {"environment": {"BOX_SECRET": "close sesame"}})
    unset = http_device("basic", {**BODY, "auth": {"scheme": "basic", "user": "box", "password_env": "BOX_SECRET"}})
    yield "over HTTP without the variable", lambda run: run.comes_to_nothing("environment variable BOX_SECRET"), (unset, *QUICK), {"environment": {"BOX_SECRET": ""}}


def proofs():
    """A registrar that asks for credentials."""
    account = {"user": "box", "password": "open sesame"}

    def trial(name, template=None, account=account, **more):
        stimulus = {"kind": "registrar", "transport": "tls", "after": "REFER", "sends": ["OPTIONS", "MESSAGE"], "digest": ["SHA-256", "MD5"], **more}
        return (device(name, stimulus, template=template, account=account), *QUICK)

    def was_asked(run):
        return any("answered 401: it has shown no credentials" in (e["text"] or "") for e in run.journal if e["event"] == "device")

    yield ("one that proves its account to the registrar is called",
           lambda run: run.passes(1) and was_asked(run) and "open sesame" not in json.dumps(run.journal), trial("proves-itself"), {})
    yield "by MD5 too", lambda run: run.passes(1) and was_asked(run), trial("proves-by-md5", digest=["MD5"]), {}
    yield ("one with another password is not ready, and the report says that it is wrong", lambda run: run.status == 3 and "its credentials are wrong" in run.text,
           trial("wrong-password", lambda text: text.replace("@account_password|json@", '"open barley"'), timeout_s=2), {})
    yield ("one without an account is not ready, and the report says that it showed no credentials", lambda run: run.status == 3 and "it has shown no credentials" in run.text,
           trial("no-account", lambda text: "\n".join(line for line in text.split("\n") if "account_user" not in line), timeout_s=2), {})
    yield ("a password that is not in the environment is asked for", lambda run: run.status == 3 and "'password_env'" in run.text,
           trial("secret-elsewhere", account={"user": "box", "password_env": "BOX_SECRET"}), {"environment": {"BOX_SECRET": ""}})


def main():
    shutil.rmtree(output, ignore_errors=True)
    registrar()
    at_once([*dialog(), *http(), *secrets(), *proofs()])
    print(f"stimuli: {failures} failures")
    sys.exit(1 if failures else 0)


main()
