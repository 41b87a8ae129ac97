#!/usr/bin/env python3
"""`sipreuse probe` against devices that differ: the reference as it is and with seeded faults, plain TCP alone, nothing, and Kamailio.

    probe.py SIPREUSE WORK     exit 0: each got the grade that it has to get, for the reason that is there"""
import json
import os
import shutil
import subprocess
import sys
import textwrap

import hosts

class Test:
    def __init__(self, program):
        self.program = program
        self.failures = 0
        self.hosts = hosts.Hosts()

    def probe(self, *words):
        done = subprocess.run([self.program, "probe", hosts.DEVICE, "--json", "--idle", "1", *words], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=120)
        return done.returncode, json.loads(done.stdout) if done.stdout else {}, done.stderr

    def expect(self, what, grade, reason, *words):
        status, result, error = self.probe(*words)
        texts = [entry["text"] for entry in result.get("reasons", [])]
        is_so = result.get("grade") == grade and status == (3 if grade is None else 0 if grade in "AB" else 1)
        is_so = is_so and (not reason or any(reason in text for text in texts))
        print(f"{'ok' if is_so else 'NOT OK'}  {what}: {grade} {reason}", flush=True)
        if not is_so:
            self.failures += 1
            print(textwrap.indent(json.dumps(result, indent=1)[:3000] + error, "    "))
        return result

    def reference(self, faults=(), tls=True, tcp=True, certificate="one.example"):
        config = {"listen": [], "domains": [{"name": "one.example", "certificate": f"event/device/{certificate}.crt",
                                             "key": f"event/device/{certificate}.key"}],
                  "trust": "event/anchor.pem", "faults": list(faults)}
        if tcp:
            config["listen"].append({"transport": "tcp", "address": hosts.DEVICE, "port": 5060})
        if tls:
            config["listen"].append({"transport": "tls", "address": hosts.DEVICE, "port": 5061})
        json.dump(config, open("reference.json", "w"))
        log = open("device.log", "w")
        child = self.hosts.start([self.program, "device", "--config", "reference.json"], stdout=log, stderr=log)
        self.hosts.await_port(5061 if tls else 5060, child)
        return child

    def with_reference(self, what, grade, reason, *words, **more):
        child = self.reference(**more)
        result = self.expect(what, grade, reason, *words)
        self.hosts.stop(child)
        return result

    def stranger(self, what, grade, reason, program, *words):
        """What is no SIP element, on the port of TLS."""
        listen = f"s = http.server.HTTPServer(({hosts.DEVICE!r}, 5061), http.server.BaseHTTPRequestHandler)"
        log = open("stranger.log", "w")
        child = self.hosts.start([sys.executable, "-c", f"import http.server, signal, ssl\n{listen}\n{program}"], stdout=log, stderr=log)
        self.hosts.await_port(5061, child)
        result = self.expect(what, grade, reason, *words)
        self.hosts.stop(child)
        return result

    def main(self):
        for name in ("one.example", "two.example"):
            subprocess.run([self.program, "certs", "export", "--domain", name, "--event", "event"], check=True, stdout=subprocess.DEVNULL)
        named = ("--domain", "one.example")
        result = self.with_reference("the reference", "A", "", *named)
        seen = result["seen"]
        wrong = {key: value for key, value in seen.items()
                 if key in ("tls_1_2", "tls_1_3", "requests_certificate", "matches_domain", "tolerates_alias", "pieces", "two_in_one",
                            "stays_idle", "answers_after_idle", "closes_politely") and value != "yes"}
        print(f"{'NOT OK' if wrong else 'ok'}  what was seen of it {wrong}")
        self.failures += bool(wrong)
        self.with_reference("a certificate for another domain", "F", "not for one.example", *named, certificate="two.example")
        self.with_reference("alias is refused", "D", "alias in its Via", *named, faults=["reject-alias"])
        self.with_reference("no certificate is asked for", "C", "asked of clients", *named, faults=["no-certificate-request"])
        self.with_reference("pieces are not put together", "D", "in pieces", *named, faults=["one-read-one-message"])
        self.with_reference("the second message of a read is forgotten", "D", "two requests", *named, faults=["first-message-only"])
        self.with_reference("TLS 1.0 is taken", "C", "TLS 1.0 or 1.1", *named, faults=["allow-tls10"])
        self.with_reference("close_notify gets a bare FIN", "B", "close is not answered", *named, faults=["no-close-notify-reply"])
        self.with_reference("idle connections are closed", "B", "idle for 12 s", *named, "--idle", "12", faults=["server-idle-10s"])
        self.with_reference("plain TCP alone", "D", "No TLS", *named, tls=False)
        self.expect("nothing listens", "F", "Nothing answers", *named)
        self.stranger("a web server", "F", "no SIP: \"", """
c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
c.load_cert_chain("event/device/one.example.crt", "event/device/one.example.key")
s.socket = c.wrap_socket(s.socket, server_side=True)
s.serve_forever()""", *named)
        result = self.stranger("something that accepts and says nothing", "F", "Nothing answers", "signal.pause()", *named)
        self.stranger("a TLS server that asks for a certificate and says nothing", None, "No SIP was seen", """
c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
c.load_cert_chain("event/device/one.example.crt", "event/device/one.example.key")
c.load_verify_locations("event/anchor.pem")
c.verify_mode = ssl.CERT_OPTIONAL
kept = []
while True:
    try:
        kept.append(c.wrap_socket(s.socket.accept()[0], server_side=True))
    except OSError:
        pass""", *named)
        unknown = all(result["seen"][name] == "unknown" for name in ("tls_1_0", "tls_1_1", "tls_1_2", "tls_1_3"))
        print(f"{'ok' if unknown else 'NOT OK'}  and its TLS versions are not known")
        self.failures += not unknown
        self.kamailio(named)
        status, _, error = self.probe("--transport", "udp")
        print(f"{'ok' if status == 2 and 'neither tcp nor tls' in error else 'NOT OK'}  a transport that it does not ask over")
        self.failures += status != 2

    def kamailio(self, named):
        child = self.hosts.start_kamailio("event", "one.example", judges=False)
        self.expect("Kamailio, which asks for no certificate", "C", "asked of clients", *named)
        self.hosts.stop(child)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    program, work = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    sys.argv[1:] = [program, work]
    hosts.enter()
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    os.chdir(work)
    test = Test(program)
    try:
        test.main()
    finally:
        test.hosts.close()
    print(f"probe: {test.failures} failures")
    sys.exit(1 if test.failures else 0)


main()
