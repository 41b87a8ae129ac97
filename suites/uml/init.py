#!/usr/bin/env python3
"""First and only program of the guest: loads the modules, runs the commands of job.json beside it, takes the results out.

The machine's root file system is the guest's, through hostfs: what is written outside of the tmpfs is written on the machine. So everything
goes to /run, a tmpfs, and is copied to the job's folder at the end. Modules are loaded and the guest is halted by system calls, so that
neither kmod nor an init package is wanted."""
import ctypes
import json
import os
import shutil
import subprocess
import sys
import time
import traceback

FINIT_MODULE, POWER_OFF = 313, 0x4321FEDC
LIBC = ctypes.CDLL(None, use_errno=True)


def mount(kind, place):
    subprocess.run(["mount", "-t", kind, kind, place], check=True)


def load(names):
    """Each module after those that it needs, as modules.dep lists them: the last one first."""
    folder = f"/usr/lib/uml/modules/{os.uname().release}"
    needs = {}
    with open(f"{folder}/modules.dep", encoding="utf-8") as lines:
        for line in lines:
            path, _, rest = line.partition(":")
            needs[os.path.basename(path).removesuffix(".ko")] = rest.split()[::-1] + [path]
    loaded = set()
    for name in names:
        for path in needs[name]:
            if path in loaded:
                continue
            loaded.add(path)
            with open(f"{folder}/{path}", "rb") as module:
                if LIBC.syscall(FINIT_MODULE, module.fileno(), b"", 0) != 0:
                    raise OSError(ctypes.get_errno(), f"the module {path} could not be loaded: {os.strerror(ctypes.get_errno())}")


def set_up(job):
    mount("proc", "/proc")
    mount("sysfs", "/sys")
    mount("tmpfs", "/run")
    os.makedirs("/dev/shm", exist_ok=True)
    mount("tmpfs", "/dev/shm")
    # hmac: without a keyed hash for its cookies listen() on SCTP ends with ENOSYS, and nobody loads it on demand here.
    load(["hmac", *job["modules"]])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    # A device may ask for a send buffer that takes what a scenario of load has under way at once (devices/kamailio/kamailio.cfg.in).
    with open("/proc/sys/net/core/wmem_max", "w", encoding="ascii") as limit:
        limit.write("4194304")
    for folder in ("/run/out", "/run/tmp", "/run/home"):
        os.mkdir(folder)


def run(job):
    environment = dict(os.environ, HOME="/run/home", TMPDIR="/run/tmp", OUT="/run/out", PATH=job["path"], USER="root")
    results = []
    for command in job["commands"]:
        begin = time.monotonic()
        print(f"+ {command}", flush=True)
        ended = subprocess.run(command, shell=True, cwd=job["folder"], env=environment, stdin=subprocess.DEVNULL, check=False)
        results.append({"command": command, "status": ended.returncode, "seconds": round(time.monotonic() - begin, 1)})
    return results


def main():
    here = os.path.dirname(os.path.abspath(sys.argv[0]))
    with open(f"{here}/job.json", encoding="utf-8") as text:
        job = json.load(text)
    report = {"commands": [], "error": None, "kernel": os.uname().release}
    try:
        set_up(job)
        report["commands"] = run(job)
        shutil.copytree("/run/out", f"{here}/out", dirs_exist_ok=True)
    except Exception as error:  # the guest has nobody else to tell
        traceback.print_exc()
        report["error"] = str(error)
    with open(f"{here}/report.json", "w", encoding="utf-8") as text:
        json.dump(report, text)
    sys.stdout.flush()
    os.sync()
    LIBC.reboot(POWER_OFF)


main()
