"""Two hosts made of network namespaces: the team's, in which the harness runs, and the device's, which has one address.

The script that uses this module runs in a network namespace of its own (enter()); what it makes goes with it. Nothing is sent beyond."""
import os
import signal
import subprocess
import sys
import time

TEAM, DEVICE = "10.77.0.1", "10.77.0.9"
TEAM_6, DEVICE_6 = "fd77::1", "fd77::9"

KAMAILIO = """
#!define WITH_TLS
children=1
tcp_children=1
enable_tls=yes
log_stderror=yes
auto_aliases=no
listen=tcp:{address}:5060
listen=tls:{address}:5061
tcp_accept_aliases=yes
loadmodule "tls.so"
loadmodule "sl.so"
loadmodule "pv.so"
modparam("tls", "config", "tls.cfg")
modparam("tls", "tls_disable_compression", 1)
request_route {{
    sl_send_reply("200", "OK");
}}
"""
KAMAILIO_TLS = """
[server:default]
method = TLSv1.2+
verify_certificate = {judges}
require_certificate = {judges}
private_key = {event}/device/{domain}.key
certificate = {event}/device/{domain}.crt
ca_list = {event}/anchor.pem
"""


def enter():
    """Starts this script again in namespaces of its own: with a user namespace where the caller is not root."""
    if os.environ.get("SIPREUSE_TEST_HOST"):
        return
    command = ["unshare", "--net", "--mount", "--fork", "--kill-child"]
    if os.geteuid() != 0:
        command[1:1] = ["--user", "--map-root-user"]
    if "/sbin" not in os.environ["PATH"]:
        os.environ["PATH"] += ":/usr/sbin:/sbin"
    os.environ["SIPREUSE_TEST_HOST"] = "1"
    os.execvp(command[0], command + [sys.executable] + sys.argv)


def run(*words, **more):
    return subprocess.run(words, check=True, **more)


class Hosts:
    """The device's host is a process that sleeps in a network namespace of its own."""

    def __init__(self, team_addresses=()):
        self.keeper = subprocess.Popen(["unshare", "--net", "sleep", "3600"])
        self.children = [self.keeper]
        mine = os.readlink("/proc/self/ns/net")
        while os.readlink(f"/proc/{self.keeper.pid}/ns/net") == mine:  # until unshare has done its work
            time.sleep(0.01)
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "team0", "type", "veth", "peer", "name", "dev0", "netns", str(self.keeper.pid))
        for address in (TEAM, *team_addresses):
            run("ip", "address", "add", address + "/24", "dev", "team0")
        run("ip", "address", "add", TEAM_6 + "/64", "dev", "team0", "nodad")
        run("ip", "link", "set", "team0", "up")
        self.at_device("ip", "link", "set", "lo", "up")
        self.at_device("ip", "address", "add", DEVICE + "/24", "dev", "dev0")
        self.at_device("ip", "address", "add", DEVICE_6 + "/64", "dev", "dev0", "nodad")
        self.at_device("ip", "link", "set", "dev0", "up")

    def prefix(self):
        return ["nsenter", f"--net=/proc/{self.keeper.pid}/ns/net", "--"]

    def at_device(self, *words, **more):
        return run(*self.prefix(), *words, **more)

    def start(self, words, where="device", **more):
        child = subprocess.Popen([*(self.prefix() if where == "device" else []), *words], **more)
        self.children.append(child)
        return child

    def await_port(self, port, child):
        """Until the device listens there, as its own host sees it."""
        while True:
            listening = self.at_device("ss", "-Htln", stdout=subprocess.PIPE, text=True).stdout
            if f"{DEVICE}:{port} " in listening:
                return
            if child.poll() is not None:
                raise RuntimeError("the device ended: " + open("device.log").read()[-1000:])

    def start_kamailio(self, event, domain, judges):
        """Answers everything 200; judges: it takes no client without a certificate of the event's anchor."""
        open("kamailio.cfg", "w").write(KAMAILIO.format(address=DEVICE))
        open("tls.cfg", "w").write(KAMAILIO_TLS.format(event=event, domain=domain, judges="yes" if judges else "no"))
        os.makedirs("run", exist_ok=True)
        with open("device.log", "a") as log:
            child = self.start(["kamailio", "-DD", "-E", "-f", "kamailio.cfg", "-Y", "run", "-m", "32", "-M", "8"], stdout=log, stderr=log)
        self.await_port(5061, child)
        return child

    def stop(self, child):
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self.children.remove(child)

    def close(self):
        for child in reversed(self.children[:]):
            self.stop(child)
