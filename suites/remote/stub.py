#!/usr/bin/env python3
"""Something that listens for SIP over TCP and is no good: stub.py ADDRESS MODE

MODE: mute (takes connections and says nothing), refuse (answers OPTIONS for whom it is, and everything else 403 without looking for anybody)."""
import re
import socketserver
import sys


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        data = b""
        while chunk := self.request.recv(65536):
            data += chunk
            while sys.argv[2] != "mute" and b"\r\n\r\n" in data:
                head, data = data.split(b"\r\n\r\n", 1)
                lines = head.decode("latin-1").split("\r\n")
                is_ours = "check." not in lines[0]
                kept = [line for line in lines[1:] if re.match("(Via|From|To|Call-ID|CSeq):", line)]
                self.request.sendall("\r\n".join([f"SIP/2.0 {'200 OK' if is_ours else '403 Forbidden'}", *kept, "Content-Length: 0", "", ""]).encode())


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


Server((sys.argv[1], 5060), Handler).serve_forever()
