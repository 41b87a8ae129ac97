#!/usr/bin/env python3
"""A resolver such as an event has: it sends questions about delegated zones on to who serves them, and says NXDOMAIN to all others.

    resolver.py ADDRESS [ZONE=SERVER...]"""
import selectors
import socket
import sys


def question(packet):
    """The name asked for, in lower case, and where the question ends."""
    at, labels = 12, []
    while packet[at]:
        labels.append(packet[at + 1 : at + 1 + packet[at]].decode("latin-1").lower())
        at += 1 + packet[at]
    return ".".join(labels), at + 5


def refusal(packet, end, code):
    return packet[:2] + bytes([0x81, 0x80 | code]) + packet[4:6] + bytes(6) + packet[12:end]


class Resolver:
    def __init__(self, address, zones):
        self.zones = zones
        self.server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.server.bind((address, 53))
        self.up = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.asked = {}  # number of our question: who asked, and the number of his
        self.number = 0

    def on_question(self):
        packet, client = self.server.recvfrom(4096)
        if len(packet) <= 16:
            return
        name, end = question(packet)
        for zone, server in self.zones.items():
            if name == zone or name.endswith("." + zone):
                self.number = (self.number + 1) % 65536
                self.asked[self.number] = (client, packet[:2])
                self.up.sendto(self.number.to_bytes(2, "big") + packet[2:], (server, 53))
                return
        self.server.sendto(refusal(packet, end, 3), client)  # NXDOMAIN

    def on_answer(self):
        try:
            packet = self.up.recv(4096)
        except ConnectionError:  # nobody serves the zone: whoever asked waits
            return
        client, number = self.asked.pop(int.from_bytes(packet[:2], "big"), (None, None))
        if client:
            self.server.sendto(number + packet[2:], client)


def main():
    resolver = Resolver(sys.argv[1], dict(word.split("=") for word in sys.argv[2:]))
    poll = selectors.DefaultSelector()
    poll.register(resolver.server, selectors.EVENT_READ, resolver.on_question)
    poll.register(resolver.up, selectors.EVENT_READ, resolver.on_answer)
    print("ready", flush=True)
    while True:
        for key, _ in poll.select():
            key.data()


main()
