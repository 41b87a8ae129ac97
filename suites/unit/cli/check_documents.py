#!/usr/bin/env python3
"""check_documents.py PROGRAM TREE: what the documents say of links, files, ids, options, words and numbers is so.

It reads prose, so it looks only at what stands in backticks, in blocks of code and in links."""
import json
import os
import re
import subprocess
import sys

program, tree = sys.argv[1:3]
os.chdir(tree)
problems = []


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def ask(*arguments):
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=True).stdout


def find(folder, ending):
    return sorted(os.path.join(root, name) for root, _, names in os.walk(folder) for name in names if name.endswith(ending))


def has_word(text, word):
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text) is not None


documents = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", *find("docs", ".md")]
texts = {path: read(path) for path in documents}
commands = re.findall(r"^  ([a-z-]+)  ", ask("--help"), flags=re.M)
helps = {command: ask(command, "--help") for command in commands}
known = {kind: {entry.get("id") or entry["name"] for entry in json.loads(ask("list", kind, "--json"))[kind]} for kind in ("scenarios", "requirements", "suites")}


def anchors(path):
    titles = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", texts[path], flags=re.S), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


def check_links(path, text):
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        file = os.path.normpath(os.path.join(os.path.dirname(path), target)) if target else path
        if not os.path.exists(file):
            problems.append(f"{path}: the link {link} leads nowhere")
        elif anchor and anchor not in anchors(file):
            problems.append(f"{path}: the link {link} leads to no section")


def check_names(path, text):
    areas = {name.split("/")[0] for name in known["scenarios"]}
    documents_of = {name.split("-")[0] for name in known["requirements"]} - {"seed", "obs"}
    for quoted in re.findall(r"`([^`\n]+)`(?! is no row)", text):
        for file in re.findall(r"\b(?:certs|cmake|devices|docs|harness|reference|reports|suites)/[\w./-]+", quoted):
            # "suites/NAME.json" stands for any, "src/sipreuse*" for several.
            if not re.search(r"[*<]|[A-Z]{3}", quoted) and not os.path.exists(file.rstrip(".")):
                problems.append(f"{path}: there is no {file}")
        is_scenario = re.fullmatch(r"[a-z]+(?:-[a-z]+)*/[a-z0-9-]+", quoted) and quoted.split("/")[0] in areas
        if is_scenario and quoted not in known["scenarios"]:
            problems.append(f"{path}: there is no scenario {quoted}")
        is_requirement = re.fullmatch(r"\d{4}-[\w.-]+", quoted) and quoted.split("-")[0] in documents_of
        if is_requirement and quoted not in known["requirements"] and not any(name.startswith(quoted) for name in known["requirements"]):
            problems.append(f"{path}: there is no requirement {quoted}")


def check_commands(path, text):
    for command, rest in re.findall(r"\bsipreuse ([a-z-]+)((?: [^\n`|]*)?)", text):
        for option in re.findall(r"(?<!\S)(--[a-z][\w-]*|-[a-z])\b", rest.split("#")[0]) if command in helps else ():
            if option != "--help" and not has_word(helps[command], option):
                problems.append(f"{path}: sipreuse {command} has no option {option}")
    for part in re.findall(r"\./check ([a-z][a-z-]*)`", text):
        if not has_word(re.search(r'^all_parts="(.*)"$', read("check"), flags=re.M)[1], part):
            problems.append(f"{path}: ./check has no part {part}")


def members(schema):
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        schema = list(schema.values())
    for value in schema if isinstance(schema, list) else ():
        yield from members(value)


def check_words():
    """Every member that a file may have is explained."""
    explained = {"scenarios/schema/scenario.schema.json": "docs/writing-scenarios.md", "suites/schema/suite.schema.json": "docs/writing-scenarios.md",
                 "devices/schema/profile.schema.json": "docs/adding-a-device.md", "reports/schema/baseline.schema.json": "docs/baselines.md"}
    for schema, path in explained.items():
        for member in set(members(json.loads(read(schema)))) - {"$schema"}:
            if not has_word(texts[path], member):
                problems.append(f"{path}: the member {member} of {schema} is not explained")


def check_lists():
    page = read("cmake/installed/sipreuse.1").replace("\\-", "-")
    page = re.sub(r"\\f[A-Z]", " ", page)
    for command in commands:
        if not has_word(page, command):
            problems.append(f"cmake/installed/sipreuse.1: the command {command} is missing")
        if not has_word(texts["README.md"], f"sipreuse {command}") and not has_word(texts["docs/remote.md"], f"sipreuse {command}"):
            problems.append(f"README.md: the command {command} is missing")
    for path in find("docs", ".md"):
        if f"({path})" not in texts["README.md"]:
            problems.append(f"README.md: no link leads to {path}")
    for suite in known["suites"]:
        if not any(f"`{suite}`" in texts[path] for path in ("README.md", "docs/writing-scenarios.md")):
            problems.append(f"README.md: the suite {suite} is missing")
    build = "".join(read(path) for path in [*find("suites", "CMakeLists.txt"), *find("cmake", ".cmake")])
    labels = set(re.findall(r'\bLABEL ([a-z-]+) +SOURCES (?!test_a)|\bLABELS "?([a-z-]+)', build))
    labels = {label for pair in labels for label in pair if label}
    named = set(re.search(r"# labels: (.*)$", texts["CONTRIBUTING.md"], flags=re.M)[1].split(", "))
    if labels != named:
        problems.append(f"CONTRIBUTING.md: the labels of the tests are {', '.join(sorted(labels))}")
    lines = [line for line in texts["CHANGELOG.md"].splitlines() if line.startswith("- ")]
    problems.extend(f"CHANGELOG.md: twice: {line}" for line in set(lines) if lines.count(line) > 1)


def check_numbers():
    """Of what is typed, not made: the line of the kill matrix."""
    faults = len(json.loads(ask("device", "--list-faults", "--json"))["faults"])
    typed = re.search(r"^Kill matrix: (\d+) of (\d+) faults killed", texts["README.md"], flags=re.M)
    if not typed or {int(typed[1]), int(typed[2])} != {faults}:
        problems.append(f"README.md: the kill matrix has {faults} faults")


for document, content in texts.items():
    check_links(document, content)
    if document != "CHANGELOG.md":  # it may speak of what is gone
        check_names(document, content)
        check_commands(document, content)
check_words()
check_lists()
check_numbers()
for problem in sorted(set(problems)):
    print(f"documents: FAILED: {problem}")
if not problems:
    print(f"documents: all {len(documents)} say what is so")
