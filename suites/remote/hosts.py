"""Two hosts made of network namespaces: the team's, in which the harness runs, and the device's, which has one address.

The script that uses this module runs in a network namespace of its own (enter()); what it makes goes with it. Nothing is sent beyond."""
import os
import signal
import subprocess
import sys
import time

TEAM, DEVICE = "10.77.0.1", "10.77.0.9"
TEAM_6, DEVICE_6 = "fd77::1", "fd77::9"


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
