#!/usr/bin/env python3
"""A proxy on OpenSSL that a client asks to renegotiate: renegotiation_device.py MODE IP SIP-PORT SIPS-PORT CERTIFICATE KEY TRUST

MODE: accepts or refuses, which is OpenSSL's own doing; stops, after the first answer it reads no more from a TLS connection; closes, it ends such a
connection as soon as something comes. It answers OPTIONS, and passes everything else on over the TLS connection that it was asked on last, blindly."""
import selectors
import socket
import ssl
import sys

mode, ip, sip_port, sips_port, certificate, key, trust = sys.argv[1:8]
ALLOW_CLIENT_RENEGOTIATION = 1 << 8  # SSL_OP_ALLOW_CLIENT_RENEGOTIATION of OpenSSL 3, for which Python has no name
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.maximum_version = ssl.TLSVersion.TLSv1_2
context.load_cert_chain(certificate, key)
context.load_verify_locations(trust)
context.verify_mode = ssl.CERT_OPTIONAL
if mode == "accepts":
    context.options |= ALLOW_CLIENT_RENEGOTIATION
waiting = selectors.DefaultSelector()


class Peer:
    last = None  # over TLS

    def __init__(self, connection, is_tls):
        self.connection, self.is_tls, self.data, self.is_served = connection, is_tls, b"", False
        waiting.register(connection, selectors.EVENT_READ, self.read)

    def end(self):
        waiting.unregister(self.connection)
        self.connection.close()
        if Peer.last is self:
            Peer.last = None

    def read(self):
        if mode == "closes" and self.is_served:
            self.end()
            return
        try:
            chunk = self.connection.recv(65536)
            while self.is_tls and self.connection.pending():
                chunk += self.connection.recv(65536)
        except ssl.SSLWantReadError:
            return
        except OSError:
            chunk = b""
        if not chunk:
            self.end()
            return
        self.data += chunk
        while b"\r\n\r\n" in self.data:  # nothing of what comes here has a body
            head, self.data = self.data.split(b"\r\n\r\n", 1)
            self.take(head)

    def take(self, head):
        if head.startswith(b"OPTIONS ") and (self.is_tls or b"bob@" not in head.split(b"\r\n")[0]):
            self.answer(head)
        elif not head.startswith(b"SIP/2.0") and not self.is_tls and Peer.last:
            line, rest = head.split(b"\r\n", 1)
            Peer.last.send(line + f"\r\nVia: SIP/2.0/TLS {ip}:{sips_port};branch=z9hG4bK{abs(hash(head))}\r\n".encode() + rest + b"\r\n\r\n")

    def answer(self, head):
        kept = [line for line in head.split(b"\r\n") if line.split(b":")[0].lower() in (b"via", b"from", b"to", b"call-id", b"cseq")]
        kept = [line + b";tag=box" if line.lower().startswith(b"to:") and b"tag=" not in line else line for line in kept]
        self.send(b"\r\n".join([b"SIP/2.0 200 OK", *kept, b"Content-Length: 0", b"", b""]))
        if self.is_tls:
            Peer.last, self.is_served = self, True
            if mode == "stops":
                waiting.unregister(self.connection)

    def send(self, text):
        try:
            self.connection.sendall(text)
        except OSError:
            pass


def listen(port, is_tls):
    listener = socket.create_server((ip, port), backlog=64)

    def accept():
        connection = listener.accept()[0]
        try:
            if is_tls:
                connection.settimeout(10)
                connection = context.wrap_socket(connection, server_side=True)
            connection.setblocking(False)
        except OSError:
            connection.close()
            return
        Peer(connection, is_tls)

    waiting.register(listener, selectors.EVENT_READ, accept)


listen(int(sip_port), False)
listen(int(sips_port), True)
while True:
    for event, _ in waiting.select():
        event.data()
