#!/usr/bin/env python3
"""Runs commands on a Linux kernel of its own: Debian's user-mode-linux on this machine's root file system, without root.

    boot.py --out DIR [--host-if-sctp] [--limit SECONDS] [--memory MIB] [--module NAME]... COMMAND...

Each COMMAND is a line for sh, run in the current folder with $OUT a folder on the guest's tmpfs, which is copied to DIR at the end. DIR/boot.json
tells how each ended. With --host-if-sctp a machine whose own kernel has SCTP runs them itself, with $OUT DIR.
Exit status: 0 all ended with 0 or 1 (a finding), 1 one did not, 3 the guest could not be used, 124 the time was over."""
import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

PROGRAM = "/usr/bin/linux.uml"


def refuse(text):
    print(f"boot: {text}", file=sys.stderr)
    sys.exit(3)


def arguments():
    parser = argparse.ArgumentParser(prog="boot.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, help="where the results go: new or empty")
    parser.add_argument("--host-if-sctp", action="store_true", help="no guest where this machine's kernel has SCTP")
    parser.add_argument("--limit", type=float, default=600, help="seconds until the guest is ended (default 600)")
    parser.add_argument("--memory", type=int, default=1536, help="MiB of memory of the guest (default 1536)")
    parser.add_argument("--module", action="append", default=[], help="a kernel module beside sctp and veth")
    parser.add_argument("commands", nargs="+", metavar="COMMAND")
    return parser.parse_args()


def host_has_sctp():
    """Making a socket loads the module where there is one and nobody has forbidden it."""
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_SCTP).close()
        return True
    except OSError:
        return False


def run_here(options):
    end, results = time.monotonic() + options.limit, []
    for command in options.commands:
        begin = time.monotonic()
        print(f"+ {command}", flush=True)
        try:
            status = subprocess.run(command, shell=True, env=dict(os.environ, OUT=os.path.abspath(options.out)), stdin=subprocess.DEVNULL,
                                    timeout=max(end - begin, 1), check=False).returncode
        except subprocess.TimeoutExpired:
            print(f"boot: the time was over after {options.limit:g} s", file=sys.stderr)
            return 124
        results.append({"command": command, "status": status, "seconds": round(time.monotonic() - begin, 1)})
    return write_report(options.out, {"commands": results, "error": None, "kernel": os.uname().release})


def memory_folder(needed_mib, other):
    """The guest's memory is a file: on /dev/shm where there is room (a container's is small), else beside the job."""
    try:
        room = os.statvfs("/dev/shm")
        if room.f_bavail * room.f_frsize >= needed_mib << 20:
            return "/dev/shm"
    except OSError:
        pass
    return other


def guard(work):
    """A process that outlives this one, however it dies, ends the guest's processes and removes the job's folder. Returns the pipe that keeps
    it waiting: what is written there is the guest's process group."""
    reading, writing = os.pipe()
    if os.fork():
        os.close(reading)
        return writing
    os.setsid()
    os.close(writing)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    group = b""
    while part := os.read(reading, 32):
        group += part
    if group:
        kill_group(int(group))
    shutil.rmtree(work, ignore_errors=True)
    os._exit(0)


def kill_group(group):
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass


def start(work, options):
    environment = dict(os.environ, TMPDIR=memory_folder(options.memory, work), HOME=work)
    words = [
        PROGRAM, f"mem={options.memory}M", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "rw", f"init={work}/init",
        f"uml_dir={work}/uml", "con=null", "con0=fd:0,fd:1", "quiet", "panic=-1",
    ]
    # A session of its own: the guest's processes are a group that can be ended at once, and a terminal's Ctrl-C reaches this script alone.
    return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment,
                            start_new_session=True)


def follow(guest, limit, console):
    """Passes on what the guest prints until it ends. False: the time was over."""
    def over(_signum, _frame):
        raise TimeoutError

    signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        for line in guest.stdout:
            line = line.replace(b"\r", b"")
            console.write(line)
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
        return True
    except TimeoutError:
        return False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def prepare(work, options):
    here = os.path.dirname(os.path.abspath(__file__))
    shutil.copy(os.path.join(here, "init.py"), f"{work}/init")
    os.chmod(f"{work}/init", 0o755)
    os.mkdir(f"{work}/out")
    job = {
        "commands": options.commands,
        "folder": os.getcwd(),
        "modules": ["sctp", "veth", *options.module],
        "path": os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin",
    }
    with open(f"{work}/job.json", "w", encoding="utf-8") as text:
        json.dump(job, text)


def write_report(out, report):
    with open(f"{out}/boot.json", "w", encoding="utf-8") as text:
        json.dump(report, text, indent=1)
    if report["error"]:
        refuse(f"the guest could not be used: {report['error']}")
    bad = [one for one in report["commands"] if one["status"] not in (0, 1)]
    for one in bad:
        print(f"boot: status {one['status']}: {one['command']}", file=sys.stderr)
    return 1 if bad else 0


def judge(work, out, is_over, limit):
    for name in os.listdir(f"{work}/out"):
        shutil.move(f"{work}/out/{name}", out)
    if is_over:
        print(f"boot: the guest did not end within {limit:g} s and was ended; its console is {out}/console.log", file=sys.stderr)
        return 124
    try:
        with open(f"{work}/report.json", encoding="utf-8") as text:
            report = json.load(text)
    except OSError:
        refuse(f"the guest ended before its commands had: {out}/console.log has its last words. It needs ptrace and executable memory"
               " (a container may forbid both: start it with --cap-add SYS_PTRACE --security-opt seccomp=unconfined)")
    return write_report(out, report)


def main():
    options = arguments()
    os.makedirs(options.out, exist_ok=True)
    if os.listdir(options.out):
        refuse(f"{options.out} is not empty")
    if options.host_if_sctp and host_has_sctp():
        return run_here(options)
    if not os.access(PROGRAM, os.X_OK):
        refuse(f"{PROGRAM} is missing: apt install user-mode-linux" +
               (" (or load SCTP into this machine's kernel: modprobe sctp)" if options.host_if_sctp else ""))
    # A blank in the kernel's command line would end the word: the job lives in a folder whose name has none.
    work = tempfile.mkdtemp(prefix="sipreuse-uml-", dir="/tmp")
    leash = guard(work)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        prepare(work, options)
        with open(f"{options.out}/console.log", "wb") as console:
            guest = start(work, options)
            os.write(leash, str(guest.pid).encode())
            is_over = not follow(guest, options.limit, console)
        return judge(work, options.out, is_over, options.limit)
    except KeyboardInterrupt:
        return 130
    finally:
        os.close(leash)
        os.wait()


sys.exit(main())
