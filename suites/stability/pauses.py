"""A machine that has other things to do, at its worst: processes of a run stand still for a moment, one after another, wherever they are. What stress-ng
brings about by chance in hours this does in minutes, and costs nothing."""
import os
import random
import signal
import threading
import time

PAUSES_S = (0.003, 0.01, 0.03, 0.1, 0.3)
BETWEEN_S = (0.001, 0.003, 0.01, 0.03)
LOOK_AGAIN_S = 0.5


def descendants(root):
    """Process ids below that of a run: its harness and its device."""
    children = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                state, parent = file.read().rsplit(")", 1)[1].split()[:2]
        except OSError:
            continue  # gone meanwhile
        if state != "Z":
            children.setdefault(int(parent), []).append(int(entry))
    found, todo = [], [root]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def pause_one(pid, seconds):
    try:
        os.kill(pid, signal.SIGSTOP)
    except OSError:
        return
    try:
        time.sleep(seconds)
    finally:
        try:
            os.kill(pid, signal.SIGCONT)
        except OSError:
            pass


def disturb(process, seed):
    """Until the process has ended; in a thread of its own."""
    def work():
        dice, looked, pids = random.Random(seed), 0, []
        while process.poll() is None:
            if time.monotonic() - looked > LOOK_AGAIN_S or not pids:
                pids, looked = descendants(process.pid), time.monotonic()
            if pids:
                pause_one(dice.choice(pids), dice.choice(PAUSES_S))
            time.sleep(dice.choice(BETWEEN_S))
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread
