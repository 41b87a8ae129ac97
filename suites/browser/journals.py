#!/usr/bin/env python3
"""Journals that no ordinary run leaves: journals.py REAL-FOLDER OUTPUT-FOLDER makes of a real run's journal, each in a folder of its own,

cut-N    what a kill -9 leaves: the journal ends somewhere, also in the middle of a line;
damaged  two lines are overwritten with garbage: their numbers are in OUTPUT-FOLDER/damaged/corrupt;
big      400 scenarios that fail, each with more and larger messages than fit into a page, no line of them like another."""
import base64
import json
import os
import random
import sys

real, out = sys.argv[1:3]
journal = open(os.path.join(real, "events.jsonl"), "rb").read()
lines = journal.splitlines(keepends=True)


def write(name, content):
    os.makedirs(os.path.join(out, name))
    with open(os.path.join(out, name, "events.jsonl"), "wb") as file:
        file.write(content)


for number, share in enumerate((0.1, 0.55, 0.999)):
    write(f"cut-{number}", journal[: int(len(journal) * share)])

corrupt = [len(lines) // 3, len(lines) // 2]
damaged = list(lines)
for number in corrupt:
    damaged[number - 1] = b"\x00\xff{\"seq\":garbage\n"
write("damaged", b"".join(damaged))
with open(os.path.join(out, "damaged", "corrupt"), "w", encoding="ascii") as file:
    file.write(" ".join(map(str, corrupt)))

SCENARIOS, MESSAGES, BYTES = 400, 24, 2000
random.seed(5923)
first = json.loads(lines[0])
seq, big = 0, []


def add(event, **members):
    global seq
    seq += 1
    big.append(json.dumps({"seq": seq, "ns": seq * 1000, "event": event, **members}).encode() + b"\n")
    return seq


add(**{name: value for name, value in first.items() if name not in ("seq", "ns")})
add("requirement", id="5923-8.2-honour", level="MUST", derived=False, document="RFC 5923", section="8.2", rule="r", clause="c", **{"class": "security"})
names = [{"scenario": f"big/number-{i}", "variant": "tcp---ip4-server"} for i in range(SCENARIOS)]
for name in names:
    add("plan", **name, title="big", purpose="Size.", requirements=["5923-8.2-honour"], level="MUST", derived=False, control=None, exclusive=False, slow=False, runs=True)
for i, name in enumerate(names):
    add("scenario-start", **name, instance=1, alone=False)
    add("world", **name, zone=f"{i}.big.test", device="198.18.0.9:5060", hosts={"peer": "198.19.0.2"})
    add("connection", **name, connection=i + 1, opened_by="harness", transport="tcp", host="peer", listener=None, local="198.19.0.2:40000", remote="198.18.0.9:5060")
    on = 0
    for k in range(MESSAGES):
        text = f"OPTIONS sip:{i}-{k}@big.test SIP/2.0\r\n" + "".join(
            f"X-{random.getrandbits(64):x}: <{random.getrandbits(220):x}>\r\n" for _ in range(BYTES // 80)) + "\r\n"
        number = add("message", **name, connection=i + 1, name="c1", direction="in", first_line=text.split("\r")[0], call_id=None, of="x",
                     bytes=base64.b64encode(text.encode()).decode())
        on = number if k == MESSAGES // 2 else on
    add("verdict", **name, verdict="fail", exercised=True, because=None, reason=f"Number {i}.", requirement=None, start_ms=0, duration_ms=1, on=on)
add("end", complete=True, outcome="done")
write("big", b"".join(big))
