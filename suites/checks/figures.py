#!/usr/bin/env python3
"""The figures of RFC 5923 §5 and §9.3, step by step: two reference devices as processes of their own, user agents that send, and after each step the
alias tables that the devices print on SIGUSR1, row by row as the RFC has them: figures.py SIPREUSE OUTPUT-FOLDER.

A device with a fault prints another table: that is seen too."""
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading

program, output = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
NET = f"127.{64 + os.getpid() // 250 % 128}.{os.getpid() % 250 + 1}"
P1, P2, SERVER = f"{NET}.1", f"{NET}.128", f"{NET}.53"
DNS_PORT, SRV, A = 5353, 33, 1
ROW = re.compile(r"  ([0-9.]+):(\d+) (\S+) connection (\d+) \((opened|accepted)\)((?: sip:\S+)*)$")
problems = []


def name_of(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


class Names(threading.Thread):
    """Answers SRV of _sips._tcp and A for the domains; nothing else is there."""

    def __init__(self):
        super().__init__(daemon=True)
        self.addresses, self.socket = {}, socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((SERVER, DNS_PORT))
        self.start()

    def answer(self, name, kind):
        service, domain = name.startswith("_sips._tcp."), name.removeprefix("_sips._tcp.")
        if kind == SRV and service and domain in self.addresses:
            return struct.pack("!HHH", 1, 1, 5061) + name_of(domain)
        return socket.inet_aton(self.addresses[name]) if kind == A and name in self.addresses else None

    def run(self):
        while True:
            query, who = self.socket.recvfrom(512)
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1 : at + 1 + query[at]].decode())
                at += 1 + query[at]
            question = query[12 : at + 5]
            kind = struct.unpack("!H", query[at + 1 : at + 3])[0]
            found = self.answer(".".join(labels).lower(), kind)
            record = b"" if found is None else b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(found)) + found
            # Only the question: what follows it in the query (EDNS) is not answered.
            self.socket.sendto(query[:2] + struct.pack("!HHHHH", 0x8580, 1, bool(record), 0, 0) + question + record, who)


class Device:
    def __init__(self, ip, domains, folder, faults=()):
        self.ip, self.domains, self.letters = ip, domains, {}
        words = [program, "device", "--trust", f"{folder}/trust-anchor.pem", "--dns", f"{SERVER}:{DNS_PORT}"]
        words += ["--listen", f"tcp:{ip}:5060", "--listen", f"tls:{ip}:5061", *(word for fault in faults for word in ("--fault", fault))]
        for domain in domains:
            words += ["--domain", f"{domain}={folder}/{domain}.crt,{folder}/{domain}.key"]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        self.wait(lambda line: line.startswith("listening on tls"))

    def wait(self, holds):
        for line in self.process.stdout:
            if holds(line):
                return line.rstrip("\n")
        sys.exit(f"the device on {self.ip} ended with {self.process.wait()}")

    def tables(self):
        """{domain: [(IP, port, transport, identities, descriptor, who opened it)]}; descriptors are letters, as they come."""
        self.process.send_signal(signal.SIGUSR1)
        tables = {}
        for domain in self.domains:
            head = self.wait(lambda line, domain=domain: line.startswith(f"alias table of {domain}: "))
            tables[domain] = [self.row(self.wait(lambda line: True)) for _ in range(int(head.split()[-2]))]
        return tables

    def row(self, line):
        found = ROW.match(line)
        if not found:
            sys.exit(f"no row of an alias table: {line}")
        ip, port, transport, connection, by, identities = found.groups()
        return ip, int(port), transport, tuple(identities.split()), self.letters.setdefault(connection, chr(ord("A") + len(self.letters))), by

    def end(self):
        self.process.terminate()
        if self.process.wait(timeout=20) != 0:
            problems.append(f"the device on {self.ip} ended with {self.process.returncode}")


class Figure:
    def __init__(self, name, of_p1, of_p2, folder, faults=()):
        self.name, self.count, self.seen = name, 0, []
        self.p1, self.p2 = Device(P1, of_p1, folder, faults), Device(P2, of_p2, folder, faults)

    def ask(self, proxy, domain, uri):
        """A user agent of the domain sends through its proxy."""
        self.count += 1
        with socket.create_connection((proxy.ip, 5060), timeout=20) as connection:
            connection.sendall((f"OPTIONS {uri} SIP/2.0\r\nVia: SIP/2.0/TCP {NET}.9:5060;branch=z9hG4bK{self.count}\r\nMax-Forwards: 70\r\n"
                                f"From: <sip:alice@{domain}>;tag=1\r\nTo: <{uri}>\r\nCall-ID: {self.count}@{NET}.9\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n").encode())
            status = connection.recv(65536).split(b"\r\n", 1)[0].decode()
        if status != "SIP/2.0 200 OK":
            self.seen.append(f"{uri} from {domain}: {status}")

    def expect(self, step, of_p1, of_p2):
        for name, device, expected in (("P1", self.p1, of_p1), ("P2", self.p2, of_p2)):
            printed = device.tables()
            if printed != expected:
                self.seen.append(f"{step}: {name} prints\n    {printed}\n  and the RFC has\n    {expected}")

    def end(self):
        self.p1.end()
        self.p2.end()
        return [f"{self.name}: {one}" for one in self.seen]


def row(ip, identity, descriptor, by):
    return ip, 5061, "tls", (f"sip:{identity}",), descriptor, by


def overview(folder, faults=()):
    """§5, figure 4: P1 of example.com, P2 of example.net."""
    figure = Figure("§5", ["example.com"], ["example.net"], folder, faults)
    figure.expect("at first", {"example.com": []}, {"example.net": []})
    of_p1 = {"example.com": [row(P2, "example.net", "A", "opened")]}
    of_p2 = {"example.net": [row(P1, "example.com", "A", "accepted")]}
    figure.ask(figure.p1, "example.com", "sip:example.net;transport=tls")
    figure.expect("P1 has sent to P2", of_p1, of_p2)
    figure.ask(figure.p1, "example.com", "sip:example.net;transport=tls")
    figure.ask(figure.p2, "example.net", "sip:example.com;transport=tls")
    figure.expect("both have sent again", of_p1, of_p2)
    return figure.end()


def virtual(folder, faults=()):
    """§9.3: P1 hosts example.com and example.net at one address, P2 is their peer."""
    figure = Figure("§9.3", ["example.com", "example.net"], ["example.org"], folder, faults)
    figure.ask(figure.p1, "example.com", "sip:example.org;transport=tls")
    figure.expect("a user agent of example.com has sent", {"example.com": [row(P2, "example.org", "A", "opened")], "example.net": []},
                  {"example.org": [row(P1, "example.com", "A", "accepted")]})
    figure.ask(figure.p2, "example.org", "sip:example.net;transport=tls")
    of_p1 = {"example.com": [row(P2, "example.org", "A", "opened")], "example.net": [row(P2, "example.org", "B", "accepted")]}
    of_p2 = {"example.org": [row(P1, "example.com", "A", "accepted"), row(P1, "example.net", "B", "opened")]}
    figure.expect("a user agent of P2 has sent to example.net", of_p1, of_p2)
    for domain in ("example.com", "example.net"):
        figure.ask(figure.p1, domain, "sip:example.org;transport=tls")
        figure.ask(figure.p2, "example.org", f"sip:{domain};transport=tls")
    figure.expect("everybody has sent to everybody", of_p1, of_p2)
    return figure.end()


def main():
    folder = f"{output}/certificates"
    subprocess.run([program, "certs", "export", "--event", output, "--out", folder, *(word for domain in ("com", "net", "org") for word in ("--domain", f"example.{domain}"))],
                   check=True, stdout=subprocess.DEVNULL)
    names = Names()
    for figure, addresses, faults in (
            (overview, {"example.com": P1, "example.net": P2}, ("new-connection-per-request",)),
            (virtual, {"example.com": P1, "example.net": P1, "example.org": P2}, ("server-reuse-by-address", "one-table-for-all-domains"))):
        names.addresses = addresses
        problems.extend(figure(folder))
        for fault in faults:
            seen = figure(folder, (fault,))
            if not seen:
                problems.append(f"{figure.__doc__}: with the fault {fault} nothing else is printed")
    print("\n".join(problems) if problems else "figures: the alias tables that two reference devices print are those of RFC 5923 §5 and §9.3, step by step")
    return 1 if problems else 0


sys.exit(main())
