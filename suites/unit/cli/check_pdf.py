#!/usr/bin/env python3
"""Prints conformance test reports and reads them with pdftotext: check_pdf.py SIPREUSE SOURCE_DIR"""
import json
import os
import re
import subprocess
import sys
import tempfile

sipreuse, source = sys.argv[1:3]
os.environ["SIPREUSE_DATA"] = source
problems = []


def plain(text):
    """Cells wrap anywhere: white space and hyphens do not count."""
    return re.sub(r"[\s\u00ad\u2010-]", "", text)


def listed(what):
    done = subprocess.run([sipreuse, "list", what, "--json"], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)[what]


def run(*words, **options):
    return subprocess.run([sipreuse, *words], capture_output=True, text=True, check=False, **options)


def check_whole(work):
    """Every test case and requirement is on it, whether it was selected or not; texts of devices are text."""
    folder = os.path.join(work, "run")
    os.mkdir(folder)
    with open(f"{source}/suites/unit/reports/journals/whole.jsonl", encoding="utf-8") as file:
        lines = file.read().replace('"version":"kamailio 5.6.3"', '"version":"<script>alert(1)</script>"', 1)
    with open(f"{folder}/events.jsonl", "w", encoding="utf-8") as file:
        file.write(lines)
    done = run("report", "--pdf", folder)
    if done.returncode or done.stdout != f"{folder}/compliance.pdf\n":
        problems.append(f"report --pdf: {done.returncode} {done.stdout} {done.stderr}")
        return
    text = subprocess.run(["pdftotext", "-raw", f"{folder}/compliance.pdf", "-"], capture_output=True, text=True, check=True).stdout
    shown = plain(text)
    for wanted in [item["id"] for item in listed("scenarios") + listed("requirements")] + ["<script>alert(1)</script>"]:
        if plain(wanted) not in shown:
            problems.append(f"the report lacks {wanted}")
    for line in lines.splitlines():
        event = json.loads(line)
        if event["event"] == "plan" and plain(event["scenario"]) not in shown:
            problems.append(f"the report lacks {event['scenario']}")
    for heading in ("1 Identification summary", "1.1 Protocol conformance test report", "1.2 Implementation under test", "1.3 Testing environment",
                    "1.4 Limits and reservations", "1.5 Comments", "2 IUT conformance status", "3 Static conformance summary",
                    "4 Dynamic conformance summary", "5 Static conformance review report", "6 Test campaign report", "7 Observations",
                    "Annex A: PICS", "Annex B: IXIT", "has been shown to be nonconforming"):
        if plain(heading) not in shown:
            problems.append(f"the report lacks '{heading}'")
    if plain("no such requirement") in shown:
        problems.append("this check cannot fail")


def check_without_browser(work):
    os.mkdir(f"{work}/empty")
    done = run("report", "--pdf", f"{work}/run", env={**os.environ, "PATH": f"{work}/empty"})
    if done.returncode != 3 or "apt install chromium" not in done.stderr or done.stderr.count("\n") != 1:
        problems.append(f"without Chromium: {done.returncode} {done.stderr}")
    left = [name for name in os.listdir(work) if name.startswith("sipreuse-pdf-")]
    if left:
        problems.append(f"left behind: {left}")


def check_pics():
    empty, filled = run("pics", "--empty"), run("pics", "reference")
    if empty.returncode or filled.returncode:
        problems.append(f"pics: {empty.stderr} {filled.stderr}")
    items = re.findall(r"^\| ([AB][.0-9]*/\d+) ", filled.stdout, re.M)
    if items != re.findall(r"^\| ([AB][.0-9]*/\d+) ", empty.stdout, re.M) or len(items) < 20:
        problems.append(f"pics: {items}")
    if "not stated" in filled.stdout or "[ ]" in filled.stdout or "| yes |" in empty.stdout:
        problems.append("pics: an answer is missing, or one is in the empty form")
    unknown = run("pics", "kamailo")
    if unknown.returncode != 2 or "did you mean" not in unknown.stderr:
        problems.append(f"pics: {unknown.returncode} {unknown.stderr}")


with tempfile.TemporaryDirectory() as place:
    os.environ["TMPDIR"] = place
    check_whole(place)
    check_without_browser(place)
    check_pics()
for problem in problems:
    print(f"FAILED: {problem}")
if not problems:
    print("the conformance test report is whole")
sys.exit(1 if problems else 0)
