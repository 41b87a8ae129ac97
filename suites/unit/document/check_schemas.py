#!/usr/bin/env python3
"""check_schemas.py TREE: each member of each JSON Schema in the tree says what it is.

A member is described by itself, by what it refers to, or by a constant. A schema among oneOf, anyOf, allOf, if, then or else narrows a member that
is described beside it."""
import json
import os
import sys

NARROWING = ("oneOf", "anyOf", "allOf", "if", "then", "else", "not")


def members_without(schema, root, path, known=()):
    """JSON pointers of the members that nothing describes; known: the members that the schemas around this one describe."""
    if isinstance(schema, list):
        for i, one in enumerate(schema):
            yield from members_without(one, root, f"{path}/{i}", known)
    if not isinstance(schema, dict):
        return
    own = {name for name, member in schema.get("properties", {}).items() if is_described(member, root)}
    for name, member in schema.get("properties", {}).items():
        if name not in own and name not in known:
            yield f"{path}/properties/{name}"
        yield from members_without(member, root, f"{path}/properties/{name}")
    for word, part in schema.items():
        if word in ("$defs", "patternProperties", "dependentSchemas"):
            for name, one in part.items():
                yield from members_without(one, root, f"{path}/{word}/{name}")
        elif word in NARROWING:
            yield from members_without(part, root, f"{path}/{word}", own.union(known))
        elif word in ("items", "prefixItems", "additionalProperties", "contains"):
            yield from members_without(part, root, f"{path}/{word}")


def is_described(schema, root):
    if not isinstance(schema, dict):
        return False
    if schema.get("description") or "const" in schema:
        return True
    if "$ref" in schema:
        target = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return is_described(target, root)
    return any(is_described(one, root) for word in ("oneOf", "anyOf", "allOf") for one in schema.get(word, []))


def main():
    tree = sys.argv[1]
    folders = [os.path.join(tree, top) for top in ("devices", "reports", "scenarios", "suites")]
    files = sorted(os.path.join(folder, name) for top in folders for folder, _, names in os.walk(top) for name in names
                   if name.endswith(".schema.json"))
    problems = []
    for file in files:
        with open(file, encoding="utf-8") as text:
            schema = json.load(text)
        problems += [f"{os.path.relpath(file, tree)}: {pointer} has no description" for pointer in members_without(schema, schema, "#")]
    print("\n".join(problems))
    # Seven by now: fewer would mean that they moved, and that nothing was looked at.
    print(f"schemas: {len(files)} looked at, {len(problems)} members without a description")
    sys.exit(1 if problems or len(files) < 7 else 0)


main()
