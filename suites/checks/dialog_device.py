#!/usr/bin/env python3
"""A user agent over TCP that is called, and sends by itself then: dialog_device.py MODE IP PORT

MODE: bye, re-invite or notify, after the ACK or the SUBSCRIBE, to the Contact of who called, over a connection of its own; with -same behind it, over the caller's.
mute: it answers, and sends nothing. It answers OPTIONS too."""
import re
import socket
import socketserver
import sys
import threading

mode, ip, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
kind, _, where = mode.partition("-same") if mode.endswith("-same") else (mode, "", "own")
METHODS = {"bye": "BYE", "re-invite": "INVITE", "notify": "NOTIFY"}


def field(head, name):
    found = re.search(rf"^{name}: *(.*)$", head, re.M | re.I)
    return found[1].strip() if found else ""


def headers(*lines):
    return ("\r\n".join(lines) + "\r\nContent-Length: 0\r\n\r\n").encode()


class Handler(socketserver.BaseRequestHandler):
    invite = ""

    def messages(self):
        data = b""
        while chunk := self.request.recv(65536):
            data += chunk
            while b"\r\n\r\n" in data:
                head, rest = data.split(b"\r\n\r\n", 1)
                head = head.decode("latin-1").replace("\r\n", "\n")
                length = int(field(head, "Content-Length") or 0)
                if len(rest) < length:
                    break
                data = rest[length:]
                yield head

    def handle(self):
        for head in self.messages():
            method = head.split(" ", 1)[0]
            if method == "ACK":
                self.send_own(self.invite)
            elif method != "SIP/2.0":
                vias = [f"Via: {value.strip()}" for value in re.findall(r"^Via: *(.*)$", head, re.M | re.I)]
                self.request.sendall(headers("SIP/2.0 200 OK", *vias, f"From: {field(head, 'From')}", f"To: {self.tagged(head)}", f"Call-ID: {field(head, 'Call-ID')}",
                                             f"CSeq: {field(head, 'CSeq')}", f"Contact: <sip:box@{ip}:{port};transport=tcp>", "Expires: 600"))
                self.invite = head if method == "INVITE" else self.invite
                if method == "SUBSCRIBE":
                    self.send_own(head)

    @staticmethod
    def tagged(head):
        to = field(head, "To")
        return to if "tag=" in to else to + ";tag=box"

    def send_own(self, head):
        if mode == "mute":
            return
        contact = re.search(r"<(.*)>", field(head, "Contact"))[1]
        method, address = METHODS[kind], re.search(r"@([0-9.]+)(?::(\d+))?", contact)
        extra = ("Event: presence", "Subscription-State: active") if kind == "notify" else (f"Contact: <sip:box@{ip}:{port};transport=tcp>",)
        text = headers(f"{method} {contact} SIP/2.0", f"Via: SIP/2.0/TCP {ip}:{port};branch=z9hG4bK{abs(hash(head))}", "Max-Forwards: 70", f"From: {self.tagged(head)}",
                       f"To: {field(head, 'From')}", f"Call-ID: {field(head, 'Call-ID')}", f"CSeq: 1 {method}", *extra)
        if where == "own":
            own = socket.create_connection((address[1], int(address[2] or 5060)), timeout=10)
            own.sendall(text)
            threading.Thread(target=own.recv, args=(65536,), daemon=True).start()
        else:
            self.request.sendall(text)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    request_queue_size = 64


Server((ip, port), Handler).serve_forever()
