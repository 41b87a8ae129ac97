#!/usr/bin/env python3
"""A device across a network: a host that the harness did not make, with one address, in a namespace of this test.

    check.py SIPREUSE WORK     the whole test; exit 0: all as it has to be

What is shown: the event suite against the reference device over one address; two teams at once that do not disturb each other; the
vendor's own CA; numeric addresses alone; and for each way in which a set-up goes wrong its own diagnosis."""
import json
import os
import shutil
import subprocess
import sys
import textwrap

import hosts

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TEAM_TWO = "10.77.0.2"


class Test:
    def __init__(self, program, work):
        self.program, self.work = program, work
        self.failures = 0
        self.hosts = hosts.Hosts([TEAM_TWO])
        self.device = self.resolver = None

    def expect(self, what, is_so, evidence=""):
        print(f"{'ok' if is_so else 'NOT OK'}  {what}", flush=True)
        if not is_so:
            self.failures += 1
            print(textwrap.indent(str(evidence)[-3000:], "    "))

    def sipreuse(self, *words):
        done = subprocess.run([self.program, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=240)
        return done.returncode, done.stdout, done.stderr

    def event(self, name, zone):
        status, out, error = self.sipreuse("certs", "export", "--device", "reference", "--event", name, "--zone", zone)
        self.expect(f"certs export makes the event {name}", status == 0, out + error)

    # ---- the device's side, which the harness did not make
    def start_resolver(self, zones):
        if self.resolver:
            self.hosts.stop(self.resolver)
        words = [sys.executable, os.path.join(TOP, "suites/remote/resolver.py"), hosts.DEVICE]
        self.resolver = self.hosts.start(words + [f"{zone}={server}" for zone, server in zones.items()], stdout=subprocess.PIPE)
        self.resolver.stdout.readline()

    def configure(self, events, own=None, faults=()):
        """Domains and certificates of the first event, trust in all of them; own: the vendor's event, for the certificates."""
        label = open(f"{events[0]}/label").read().strip()
        domains = [f"{name}.dut.{label}.test" for name in ("one", "two")]
        folder = own or f"{events[0]}/device"
        with open("trust.pem", "w") as out:
            for event in events:
                out.write(open(f"{event}/anchor.pem").read())
        config = {
            "listen": [{"transport": transport, "address": address, "port": port} for address in (hosts.DEVICE_6, hosts.DEVICE)
                       for transport, port in (("tcp", 5060), ("tls", 5061))],
            "domains": [{"name": name, "certificate": f"{folder}/{name}.crt", "key": f"{folder}/{name}.key"} for name in domains],
            "trust": "trust.pem", "dns_server": {"address": hosts.DEVICE, "port": 53}, "faults": list(faults)}
        with open("reference.json", "w") as out:
            json.dump(config, out)

    def start_device(self, environment=None):
        self.stop_device()
        with open("device.log", "a") as log:
            self.device = self.hosts.start([self.program, "device", "--config", "reference.json"], stdout=log, stderr=log,
                                           env={**os.environ, **(environment or {})})
        self.hosts.await_port(5061, self.device)

    def stop_device(self):
        if self.device:
            self.hosts.stop(self.device)
        self.device = None

    # ---- runs
    def words(self, event, out, address=hosts.TEAM, remote=hosts.DEVICE, device="reference"):
        shutil.rmtree(out, ignore_errors=True)
        return ["run", "--yes", "--device", device, "--remote", remote, "--address", address, "--event", event, "--out", out]

    def run(self, *words, event="event-one", out="out", **more):
        return self.sipreuse(*self.words(event, out, **more), *words)

    def profile(self, name, base="reference", **members):
        """One like that of the tree, whose device is there already."""
        os.makedirs(f"devices/{name}", exist_ok=True)
        profile = json.load(open(os.path.join(TOP, f"devices/{base}/profile.json")))
        profile.update(name=name, **members)
        for member in ("start", "stop", "version"):
            profile.pop(member, None)
        json.dump(profile, open(f"devices/{name}/profile.json", "w"))
        return f"devices/{name}/profile.json"

    def result(self, out):
        with open(f"{out}/result.json") as file:
            return json.load(file)

    def expect_green(self, what, status, outputs, out, least):
        verdicts = [entry["verdict"] for entry in self.result(out)["scenarios"]]
        bad = [verdict for verdict in verdicts if verdict not in ("pass", "not-applicable")]
        self.expect(what, status == 0 and not bad and verdicts.count("pass") >= least, "".join(outputs))

    def diagnose(self, what, trouble, *words, **more):
        status, out, error = self.run(*(words or ("aliasing/server-honour",)), **more)
        lines = [line for line in error.splitlines() if "Try this:" in line]
        self.expect(f"{what}: {trouble}", status == 3 and len(lines) == 1 and f": {trouble}: " in lines[0], out[-500:] + error)

    # ---- the parts
    def green(self):
        status, *outputs = self.run("--suite", "event", "--ip", "4")
        self.expect_green("the event suite over one address", status, outputs, "out", 150)
        self.expect("the page for the operator comes first and is kept",
                    outputs[0].lstrip().startswith("# For the operator") and os.path.exists("out/operator.md"), outputs[0])
        page = open("out/operator.md").read()
        self.expect("it has the delegation and the anchor's fingerprint",
                    "one.event.test. IN NS nameserver.one.event.test." in page and "SHA-256" in page, page)
        result = self.result("out")
        reasons = {entry["reason"] for entry in result["scenarios"] if entry["because"] == "environment"}
        self.expect("what lacks addresses says so", any("addresses for itself" in reason or "address for itself" in reason
                                                        for reason in reasons), reasons)
        private = open("event-one/anchor.key").read().splitlines()[1]
        written = "".join(open(f"out/{name}").read() for name in ("events.jsonl", "result.json", "operator.md"))
        self.expect("no key is in what is written, and key files are their owner's alone",
                    private not in written and os.stat("event-one/anchor.key").st_mode & 0o777 == 0o600
                    and os.stat("event-one").st_mode & 0o777 == 0o700)

    def ip6(self):
        words = self.words("event-one", "out", remote=f"[{hosts.DEVICE_6}]") + ["--address", hosts.TEAM_6, "--suite", "smoke"]
        status, *outputs = self.sipreuse(*words)
        self.expect_green("over IPv6", status, outputs, "out", 30)

    def two_teams(self):
        teams = {"out-one": ("event-one", hosts.TEAM), "out-two": ("event-two", TEAM_TWO)}
        running = {}
        label = open("event-one/label").read().strip()
        profile = json.load(open(os.path.join(TOP, "devices/reference/profile.json")))
        profile["domains"] = [f"{name}.dut.{label}.test" for name in ("one", "two")]
        os.makedirs("devices/reference", exist_ok=True)
        shutil.copy(os.path.join(TOP, "devices/reference/reference.json.in"), "devices/reference/")
        json.dump(profile, open("devices/reference/profile.json", "w"))
        for out, (event, address) in teams.items():
            words = self.words(event, out, address=address)
            words[3] = "devices/reference/profile.json"
            words += ["--suite", "smoke", "--ip", "4", "--seed", "7", "--trust", "event-one/anchor.pem"]
            running[out] = subprocess.Popen([self.program, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for out, child in running.items():
            output, _ = child.communicate(timeout=240)
            self.expect_green(f"two teams at once, {out}", child.returncode, [output], out, 30)

    def own_authority(self):
        """The vendor's certificates are of another CA, which --trust names; and the UA shows one of the vendor's."""
        subprocess.run([self.program, "certs", "export", "--device", "reference", "--event", "vendor"], check=True, stdout=subprocess.DEVNULL)
        label = open("event-one/label").read().strip()
        for name in ("one", "two"):
            subprocess.run([self.program, "certs", "export", "--domain", f"{name}.dut.{label}.test", "--event", "vendor"], check=True,
                           stdout=subprocess.DEVNULL)
        self.configure(["event-one", "vendor"], own="vendor/device")
        self.start_device()
        status, *outputs = self.run("--trust", "vendor/anchor.pem", "interop/both-ways", "aliasing/server-honour", "--ip", "4")
        self.expect_green("the vendor's own CA", status, outputs, "out", 2)
        label = open("event-one/label").read().strip()
        with open("client.pem", "w") as out:
            for suffix in ("crt", "key"):
                out.write(open(f"vendor/device/one.dut.{label}.test.{suffix}").read())
        status, *outputs = self.run("--trust", "vendor/anchor.pem", "--client-cert", "client.pem", "aliasing/server-honour", "--ip", "4")
        self.expect_green("and a client certificate of the vendor's", status, outputs, "out", 2)
        status, out, error = self.run("--client-cert", "event-one/anchor.pem")
        self.expect("a client certificate without a key is refused", status == 2 and "private key" in error, error)

    def numeric(self):
        self.configure(["event-one"])
        self.start_device()
        status, *outputs = self.run("--dns", "none", "--ip", "4")
        verdicts = self.result("out")["scenarios"]
        self.expect_green("numeric addresses alone", status, outputs, "out", 5)
        self.expect("and what that rules out is said", any("--dns none" in entry["reason"] for entry in verdicts))

    def clock(self):
        """The device lives in another year."""
        source = ("#include <time.h>\n#include <sys/time.h>\n#define _GNU_SOURCE\n#include <dlfcn.h>\n#define BACK (60L * 86400)\n"
                  "time_t time(time_t *out) { struct timespec now; clock_gettime(CLOCK_REALTIME, &now); time_t t = now.tv_sec - BACK;"
                  " if (out) *out = t; return t; }\n")
        open("clock.c", "w").write(source)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", "clock.so", "clock.c"], check=True)
        self.start_device({"LD_PRELOAD": os.path.abspath("clock.so")})
        self.diagnose("a clock that is two months late", "clock")

    def firewall(self, rules):
        self.hosts.at_device("nft", "-f", "-", input=f"table inet wall {{\n {rules}\n}}\n", text=True)

    def firewalls(self):
        self.firewall("chain in { type filter hook input priority 0; tcp dport 5061 drop\n }")
        self.diagnose("a firewall that drops one port", "dropped")
        self.hosts.at_device("nft", "flush", "ruleset")
        self.firewall(f"chain out {{ type filter hook output priority 0; ip daddr {hosts.TEAM} tcp dport 20000-32000 drop; }}")
        self.diagnose("a firewall that drops on the way back", "way-back-dropped")
        self.hosts.at_device("nft", "flush", "ruleset")
        self.firewall("chain in { type filter hook input priority 0; ip protocol tcp drop\n }")
        self.diagnose("a firewall that drops everything", "unreachable")
        self.hosts.at_device("nft", "flush", "ruleset")

    def troubles(self):
        self.diagnose("a host that is not there", "unreachable", remote="10.77.0.77")
        self.diagnose("a host that no route leads to", "unreachable", remote="192.0.2.9")
        self.diagnose("a port where nothing listens", "wrong-port", remote=hosts.DEVICE + ":5075")
        self.diagnose("a port of another kind", "no-tls", remote=hosts.DEVICE + ":5060")
        self.start_resolver({})
        self.diagnose("a zone that is not delegated", "not-delegated")
        self.start_resolver({"one.event.test": hosts.TEAM})
        self.configure(["event-two"])
        shutil.copytree("event-one/device", "event-two/device", dirs_exist_ok=True)
        self.start_device()
        self.diagnose("a device that trusts another anchor", "trust")

    def no_proxies(self):
        """What listens there is no proxy for us."""
        plain = self.profile("plain", transports=["tcp"])
        for mode, what, trouble in (("mute", "something that says nothing", "no-sip"), ("refuse", "a device that relays for nobody", "not-forwarded")):
            self.stop_device()
            self.device = self.hosts.start([sys.executable, os.path.join(TOP, "suites/remote/stub.py"), hosts.DEVICE, mode])
            self.hosts.await_port(5060, self.device)
            self.diagnose(what, trouble, "wire/via-transport", device=plain)

    def certificates(self):
        """The stimulus goes over TLS: who trusts whom, each way by itself."""
        secure = self.profile("secure", stimulus={"kind": "forward", "transport": "tls"})
        self.configure(["event-two"], faults=["no-certificate-request"])
        shutil.copytree("event-one/device", "event-two/device", dirs_exist_ok=True)
        self.start_device()
        self.diagnose("a device that does not accept our servers", "trust-back", device=secure)
        self.stop_device()
        label = open("event-one/label").read().strip()
        self.device = self.hosts.start_kamailio("event-one", f"one.dut.{label}.test", judges=True)
        self.diagnose("a device that takes no client without a certificate", "wants-client-certificate", device=secure)
        with open("client.pem", "w") as out:
            for suffix in ("crt", "key"):
                out.write(open(f"event-one/device/one.dut.{label}.test.{suffix}").read())
        self.diagnose("and with one it is asked the next thing", "not-forwarded", "--client-cert", "client.pem", "aliasing/server-honour", device=secure)

    def undecided(self):
        """What comes to no decision ends all the same: the device cannot be restarted, whatever its profile says of starting it."""
        os.makedirs("own/trials", exist_ok=True)
        steps = [{"connect": {"name": "c1", "host": "peer", "to": "dut:9", "certificate": None}}, {"check": [{"otherwise": {}, "verdict": "pass"}]}]
        json.dump({"id": "trials/nobody-there", "title": "A port on which nobody listens", "purpose": "To end undecided.", "requirements": ["3261-18.2.1-received"],
                   "part": "server", "transports": ["tcp"], "hosts": ["peer"], "steps": steps}, open("own/trials/nobody-there.json", "w"))
        status, out, error = self.run("trials/nobody-there", "--scenarios", "own", "--ip", "4")
        verdicts = [entry["verdict"] for entry in self.result("out")["scenarios"]]
        self.expect("a scenario that comes to no decision ends the run", status == 1 and verdicts == ["inconclusive"], f"{status} {verdicts} {out[-500:]}{error}")

    def registering(self):
        """A device that finds the run's registrar by its name."""
        registering = self.profile("registering", base="reference-registering")
        self.configure(["event-one"])
        config = json.load(open("reference.json"))
        account = json.load(open(registering))["account"]
        config.update(register="sip:registrar.one.event.test;transport=tls", user_agent=True, account=account)
        json.dump(config, open("reference.json", "w"))
        self.start_device()
        status, *outputs = self.run("location/no-srv", "location/priority", "wire/via-transport", "--ip", "4", device=registering)
        self.expect_green("a device that registers across the network is called", status, outputs, "out", 3)
        self.expect("and its operator is told where, and as whom", "sip:registrar.one.event.test;transport=tls" in outputs[0] and
                    f"the user is {account['user']}," in outputs[0] and account["password"] not in outputs[0], outputs[0])

    def main(self):
        self.event("event-one", "one.event.test")
        self.event("event-two", "two.event.test")
        self.start_resolver({"one.event.test": hosts.TEAM, "two.event.test": TEAM_TWO})
        self.configure(["event-one", "event-two"])
        self.start_device()
        self.green()
        self.undecided()
        self.ip6()
        self.two_teams()
        self.firewalls()
        self.own_authority()
        self.numeric()
        self.clock()
        self.registering()
        self.no_proxies()
        self.configure(["event-one", "event-two"])
        self.start_device()
        self.troubles()
        self.certificates()


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    program, work = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    sys.argv[1:] = [program, work]
    hosts.enter()
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    os.chdir(work)
    test = Test(program, work)
    try:
        test.main()
    finally:
        test.hosts.close()
    print(f"remote: {test.failures} failures")
    sys.exit(1 if test.failures else 0)


main()
