#!/usr/bin/env python3
"""Runs a few scenarios and reads their pcapng files with tshark, without any option: check_packets.py SIPREUSE SOURCE_DIR"""
import glob
import json
import os
import re
import struct
import subprocess
import sys
import tarfile
import tempfile

sipreuse, source = sys.argv[1:3]
SELECTORS = ["aliasing/server-honour", "location/explicit-port", "virtual/tcp-not-reused"]
# Two pairs of streams of one association: the second one brings the request that decides.
PAIRS = "sctp/transactions-apart"
problems = []


def blocks(path):
    """(type, body) of each block."""
    with open(path, "rb") as file:
        data = file.read()
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("=II", data, at)
        yield kind, data[at + 8:at + length - 4]
        at += length


def tshark(path, *words):
    """Fields of tshark's two-pass output, one list a packet."""
    done = subprocess.run(["tshark", "-n", "-r", path, *words], capture_output=True, text=True, check=False)
    errors = [line for line in done.stderr.splitlines() if line and "Running as user" not in line]
    if done.returncode or errors:
        problems.append(f"tshark {path}: {errors}")
    return [line.split("\t") for line in done.stdout.splitlines()]


def fields(path, wanted, *names):
    words = ["-Y", wanted, "-T", "fields"]
    for name in names:
        words += ["-e", name]
    return tshark(path, *words)


def run(out, selectors, *options):
    done = subprocess.run([sipreuse, "run", "--device", "reference", "--out", out, *options, *selectors],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        problems.append(f"the run {selectors} {options} ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr}")
    with open(os.path.join(out, "events.jsonl"), encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def check_keys(path, is_sctp):
    """The keys come before the packets, and are those of handshakes in this file, as far as tshark finds these in SCTP."""
    kinds, randoms = [], set()
    for kind, body in blocks(path):
        kinds.append(kind)
        if kind == 10:
            lines = body[8:8 + struct.unpack_from("=I", body, 4)[0]].decode("ascii")
            randoms |= {line.split()[1] for line in lines.splitlines()}
    seen = {random for row in fields(path, "tls.handshake.type == 1", "tls.handshake.random") for random in row[0].split(",")}
    if not randoms or not seen:
        problems.append(f"{path}: no keys, or no ClientHello")
    if randoms - seen and not is_sctp:
        problems.append(f"{path}: keys of {len(randoms - seen)} sessions that are not in it")
    if kinds.count(10) != 1 or kinds.index(10) > kinds.index(6):
        problems.append(f"{path}: the secrets do not come first")


def check_variant(folder, events, verdict, has_packets):
    """The decisive request is SIP for tshark as it comes, whatever its port."""
    name = f"{verdict['scenario'].replace('/', '-')}.{verdict['variant']}.pcapng"
    path = os.path.join(folder, "pcap", name)
    message = events[verdict["on"] - 1]
    if message["event"] != "message":
        problems.append(f"{name}: this check wants scenarios that a message decides")
        return set()
    rows = fields(path, 'sip && frame.comment contains "This message decides"', "frame.interface_id", "sip.Method",
                  "sip.Status-Code", "sip.Call-ID", "tcp.port", "exported_pdu.dst_port")
    if len(rows) != 1:
        problems.append(f"{name}: {len(rows)} decisive messages")
        return set()
    if rows[0][3] != message["call_id"]:
        problems.append(f"{name}: the decisive message is {rows[0]}, not {message['first_line']}")
    if rows[0][0] != ("1" if has_packets else "0"):
        problems.append(f"{name}: the decisive message is on interface {rows[0][0]}")
    messages = sum(event["event"] == "message" and event["scenario"] == verdict["scenario"] and
                   event["variant"] == verdict["variant"] for event in events)
    shown = fields(path, f"sip && frame.interface_id == {1 if has_packets else 0}", "frame.number")
    if len(shown) != messages:
        problems.append(f"{name}: {len(shown)} messages of the journal's {messages} are SIP")
    if has_packets and "tls" in verdict["variant"]:
        check_keys(path, verdict["variant"].startswith("tls-sctp"))
        if "5061" in open(path, "rb").read().decode("latin-1") and verdict["scenario"] == "aliasing/server-honour" and \
                not verdict["variant"].startswith("tls-sctp") and not fields(path, "sip && frame.interface_id == 0 && tls", "frame.number"):
            problems.append(f"{name}: no packet on port 5061 is decrypted and SIP")
    connection = next(event for event in events if event["event"] == "connection" and event["connection"] == message["connection"])
    return {connection[end].rsplit(":", 1)[1] for end in ("local", "remote")}


def check_run(folder, events, has_packets, ports_wanted):
    ports = set()
    verdicts = [event for event in events if event["event"] == "verdict" and "on" in event]
    for verdict in verdicts:
        ports |= check_variant(folder, events, verdict, has_packets)
    if not ports_wanted <= ports:
        problems.append(f"{folder}: ports {ports_wanted} were to be seen, not {ports}")
    ended = [event for event in events if event["event"] == "capture" and event["state"] == ("ended" if has_packets else "none")]
    if len(ended) != 1:
        problems.append(f"{folder}: the journal does not say how the capture went")
    elif has_packets:
        frames = sum(kind == 6 for path in glob.glob(f"{folder}/pcap/*.pcapng") for kind, _ in blocks(path))
        raw = len(tshark(f"{folder}/pcap/run.pcap", "-T", "fields", "-e", "frame.number"))
        if ended[0]["dropped"] or ended[0]["left_out"] or raw != ended[0]["packets"] or frames < raw / 2:
            problems.append(f"{folder}: {ended[0]}, and {raw} packets in run.pcap, {frames} in the files")


def check_evidence(folder, archive):
    """One variant and its control, without a private key."""
    scenario, variant = "virtual/tcp-not-reused", "tcp---ip4-server"
    with open(f"{folder}/device/own.pem", "w", encoding="ascii") as file:
        file.write("x" * 100 + "\n-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n")
    os.symlink("/etc/passwd", f"{folder}/device/link")
    subprocess.run([sipreuse, "evidence", folder, f"{scenario}.{variant}", "--out", archive], stdout=subprocess.DEVNULL, check=True)
    with tarfile.open(archive) as packed:
        texts = {member.name.split("/", 1)[1]: packed.extractfile(member).read() for member in packed}
    missing = {"README.md", "verdict.json", "clauses.md", "events.jsonl", "scenario.json", "device.log", "device/reference.json",
               "certificates/trust.pem", f"pcap/{scenario.replace('/', '-')}.{variant}.pcapng"} - set(texts)
    if missing or any(b"PRIVATE KEY" in text for text in texts.values()) or "device/link" in texts:
        problems.append(f"evidence: {missing} are missing, or a key is there")
    readme = texts["README.md"].decode()
    for wanted in (f"{scenario}:{variant}", "device/own.pem", "RFC 5923", "198.18.0.0/15"):
        if wanted not in readme:
            problems.append(f"evidence: README.md lacks {wanted}")
    verdict = json.loads(texts["verdict.json"])
    on = next(one["event"] for one in verdict["scenarios"] if one["id"] == scenario)
    deciding = next(json.loads(line) for line in texts["events.jsonl"].splitlines() if json.loads(line)["seq"] == on)
    if "    " + deciding.get("first_line", "nothing") not in readme or "Control, the same flow" not in readme:
        problems.append("evidence: README.md shows neither the deciding message nor what the control showed")
    for named in re.findall(r"`(pcap/[^`]*pcapng)`", readme):
        if named not in texts:
            problems.append(f"evidence: README.md names {named}, which is not there")
    lines = [json.loads(line) for line in texts["events.jsonl"].decode().splitlines()]
    parts = {(scenario["id"], scenario["variant"]) for scenario in verdict["scenarios"]}
    if (scenario, variant) not in parts or {(line["scenario"], line["variant"]) for line in lines if "scenario" in line} - parts:
        problems.append(f"evidence: {parts}")
    if verdict["scenarios"][0]["event"] not in {line["seq"] for line in lines}:
        problems.append("evidence: the deciding line is not in it")


def check_pairs(folder, events):
    """Each variant has two TLS connections on one association, and tshark shows the request of the second one as SIP."""
    verdicts = [event for event in events if event["event"] == "verdict" and event["scenario"] == PAIRS]
    if not verdicts:
        problems.append(f"{PAIRS} did not run")
    for verdict in verdicts:
        own = [event for event in events if event.get("scenario") == PAIRS and event.get("variant") == verdict["variant"]]
        streams = {event["connection"]: (event["association"], event["stream"]) for event in own if event["event"] == "association" and "stream" in event}
        message = events[verdict["on"] - 1]
        association, stream = streams.get(message["connection"], (None, 0))
        beside = [one for one in streams.values() if one[0] == association and one[1] != stream]
        if stream == 0 or len(beside) != 1 or message.get("sctp", {}).get("stream") != stream:
            problems.append(f"{PAIRS}.{verdict['variant']}: no second pair of streams in one association: {streams}")
        path = os.path.join(folder, "pcap", f"{PAIRS.replace('/', '-')}.{verdict['variant']}.pcapng")
        rows = fields(path, 'sip && frame.comment contains "This message decides"', "sip.Method", "sip.Call-ID", "frame.interface_id")
        if rows != [[message["first_line"].split()[0], message["call_id"], "1"]]:
            problems.append(f"{path}: {rows} is decisive, not {message['first_line']}")
        if not fields(path, f"sctp.data_sid == {stream:#06x}", "frame.number"):
            problems.append(f"{path}: no chunk on stream {stream}")


with tempfile.TemporaryDirectory() as work:
    os.environ["SIPREUSE_DATA"] = source
    folder = os.path.join(work, "packets")
    recorded = run(folder, SELECTORS + [PAIRS])
    check_pairs(folder, recorded)
    check_run(folder, recorded, True, {"5060", "5061", "5081"})
    # Made again from what is kept, they are the same.
    before = {path: open(path, "rb").read() for path in glob.glob(f"{folder}/pcap/*.pcapng")}
    for path in before:
        os.remove(path)
    subprocess.run([sipreuse, "report", folder], stdout=subprocess.DEVNULL, check=True)
    if before != {path: open(path, "rb").read() for path in glob.glob(f"{folder}/pcap/*.pcapng")}:
        problems.append("made again, the files differ")
    check_evidence(folder, os.path.join(work, "evidence.tar.gz"))
    # Without the right to capture: the messages alone.
    folder = os.path.join(work, "messages")
    check_run(folder, run(folder, ["location/explicit-port:tls-tls13-ip4-client"], "--sandbox", "none"), False, {"5081"})
    folder = os.path.join(work, "nothing")
    run(folder, ["location/explicit-port:tls-tls13-ip4-client"], "--no-pcap")
    if os.path.exists(f"{folder}/pcap"):
        problems.append("--no-pcap: there is a pcap folder")
for problem in problems:
    print(f"FAILED: {problem}")
if not problems:
    print("all packets are as they should be")
sys.exit(1 if problems else 0)
