#!/usr/bin/env python3
"""A device with an interface over HTTP, such as vendors have: http_device.py MODE IP SIP-PORT HTTP-PORT CERT KEY SIPREUSE REFERENCE-CONFIG

It is the reference as a user agent, with a server beside it (with TLS in mode tls: CERT and KEY) that turns a request into the REFER which makes the
reference send. MODE: plain, basic, digest, bearer, rpc, tls; or how it misbehaves: echo (refuses, and shows what it was sent), redirect, rpc-error, garbage, silent."""
import hashlib
import http.server
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading

mode, ip, sip_port, http_port, certificate, key, program, config = sys.argv[1:]
USER, SECRET, REALM, NONCE = "box", "open sesame", "device", "5a17"


def refer(uri, method):
    domain = json.load(open(config, encoding="utf-8"))["domains"][0]["name"]
    token = hashlib.sha256(uri.encode()).hexdigest()[:16]
    with socket.create_connection((ip, int(sip_port)), timeout=10) as connection:
        connection.sendall((f"REFER sip:{domain} SIP/2.0\r\nVia: SIP/2.0/TCP {ip}:9;branch=z9hG4bK{token}\r\nMax-Forwards: 70\r\n"
                            f"From: <sip:http@{domain}>;tag=1\r\nTo: <sip:{domain}>\r\nCall-ID: {token}\r\nCSeq: 1 REFER\r\n"
                            f"Refer-To: <{uri};method={method}>\r\nContact: <sip:{ip}:9>\r\nContent-Length: 0\r\n\r\n").encode())
        return b" 202 " in connection.recv(4096).split(b"\r\n", 1)[0]


def digest(text):
    return hashlib.md5(text.encode()).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format, *arguments):
        pass

    def answer(self, status, text, **headers):
        data = text if isinstance(text, bytes) else text.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def is_allowed(self):
        given = self.headers.get("Authorization", "")
        if mode == "basic":
            import base64
            return given == "Basic " + base64.b64encode(f"{USER}:{SECRET}".encode()).decode()
        if mode == "bearer":
            return given == "Bearer " + SECRET
        if mode == "digest":
            words = {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', given)}
            response = digest(":".join((digest(f"{USER}:{REALM}:{SECRET}"), NONCE, words.get("nc", ""), words.get("cnonce", ""), "auth",
                                        digest(f"{self.command}:{self.path}"))))
            return words.get("username") == USER and words.get("response") == response
        return True

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        print(f"{self.command} {self.path} {self.headers.get('Content-Type')}", flush=True)
        if mode == "silent":
            threading.Event().wait()
        if mode == "echo":
            return self.answer(403, f"no: {self.headers.get('Authorization')}, {SECRET}")
        if mode == "redirect":
            return self.answer(302, "elsewhere", Location=f"http://{ip}:9/")
        if mode == "rpc-error":
            return self.answer(200, '{"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "no line is free"}}')
        if mode == "garbage":
            return self.answer(500, b"\x1b[2J\x00\xff<script>" + os.urandom(200000))
        if not self.is_allowed():
            challenge = {"digest": f'Digest realm="{REALM}", nonce="{NONCE}", qop="auth", algorithm=MD5'}.get(mode, f'{mode.title()} realm="{REALM}"')
            return self.answer(401, "who are you?", WWW_Authenticate=challenge)
        if self.command == "GET":
            wanted = dict(pair.split("=", 1) for pair in self.path.split("?", 1)[1].split("&"))
        else:
            wanted = json.loads(body)
            wanted = dict(zip(("method", "to"), wanted["params"])) if mode == "rpc" else wanted
        is_done = refer(wanted["to"], wanted["method"])
        return self.answer(200 if is_done else 502, json.dumps({"jsonrpc": "2.0", "id": 1, "result": is_done}))

    do_GET = do_POST = do_PUT = handle_any


def main():
    server = http.server.ThreadingHTTPServer((ip, int(http_port)), Handler)
    if mode == "tls":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    device = subprocess.Popen([program, "device", "--config", config, "--user-agent"])
    signal.signal(signal.SIGTERM, lambda *_: (device.terminate(), os._exit(0)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.exit(device.wait())


main()
