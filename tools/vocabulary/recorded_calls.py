#!/usr/bin/env python3
"""Writes the calls.jsonl that benchmarks/bench_tokens.py reads, from recorded tests.

    python tools/vocabulary/recorded_calls.py GIT_DIR OUT.jsonl

GIT_DIR is a clone of pydantic/pydantic-ai (MIT) with its history; of every recorded interaction
(tests/**/cassettes/**/*.yaml) with a JSON body there is one line: {"uri", "body", "response"},
the response of a stream as {"sse": [its events]}. A recording that was edited later keeps the bill
of what was really sent: the body is that of the first commit with this very answer, found by the
answer's id. Needs PyYAML.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import yaml

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def git(folder, *arguments, check=True):
    done = subprocess.run(
        ["git", f"--git-dir={folder}", *arguments], capture_output=True, check=check
    )
    return done.stdout if done.returncode == 0 else None


def versions(folder):
    """{path of a cassette that exists today: its blobs, newest first}"""
    found = {}
    today = git(folder, "ls-tree", "-r", "HEAD").decode().splitlines()
    for line in today:
        what, path = line.split("\t", 1)
        if path.startswith("tests/") and "/cassettes/" in path and path.endswith(".yaml"):
            found[path] = [what.split()[2]]
    log = git(
        folder, "log", "--raw", "--no-abbrev", "--no-renames", "--diff-filter=AM", "--format="
    )
    for line in log.decode().splitlines():
        what, path = line.split("\t", 1) if "\t" in line else ("", "")
        blob = what.split()[3] if what else ""
        if path in found and blob not in found[path]:
            found[path].append(blob)
    return found


def events(text):
    for line in text.splitlines():
        if line.startswith("data:"):
            try:
                yield json.loads(line[5:])
            except ValueError:
                continue


def read(said):
    """A body or an answer as JSON, None where it is none."""
    if said.get("parsed_body") is not None:
        return said["parsed_body"]
    body = said.get("body")
    body = body.get("string") if isinstance(body, dict) else body
    text = body.decode("utf-8", "ignore") if isinstance(body, bytes) else body or ""
    try:
        return json.loads(text)
    except ValueError:
        streamed = list(events(text))
        return {"sse": streamed} if streamed else None


def named(part):
    """The id of an answer, from the answer or from an event of its stream."""
    message = part.get("message")
    inner = message.get("id") if isinstance(message, dict) else None
    return part.get("id") or part.get("responseId") or inner


def interactions(folder, blob):
    """(uri, body, answer, the answer's id or None) of one blob; nothing where it is not stored."""
    text = git(folder, "cat-file", "blob", blob, check=False)
    for one in (yaml.load(text, Loader=Loader) or {}).get("interactions") or () if text else ():
        if not one.get("request") or not one.get("response"):
            continue
        body, answer = read(one["request"]), read(one["response"])
        if not isinstance(body, dict):
            continue
        parts = answer.get("sse", [answer]) if isinstance(answer, dict) else ()
        names = (named(part) for part in parts if isinstance(part, dict))
        yield one["request"]["uri"], body, answer, next(filter(None, names), None)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", metavar="GIT_DIR")
    parser.add_argument("out", type=Path, metavar="OUT.jsonl")
    args = parser.parse_args()
    written = altered = 0
    with args.out.open("w", encoding="utf-8") as out:
        for blobs in versions(args.folder).values():
            first = {}
            for blob in reversed(blobs[1:]):
                for uri, body, _answer, name in interactions(args.folder, blob):
                    if name:
                        first.setdefault((uri, name), body)
            for uri, body, answer, name in interactions(args.folder, blobs[0]):
                sent = first.get((uri, name), body)
                altered += sent != body
                line = {"uri": uri, "body": sent, "response": answer}
                out.write(json.dumps(line, default=str) + "\n")
                written += 1
    print(f"{written} calls; of {altered} the request was edited after it was recorded")
    return 0


if __name__ == "__main__":
    sys.exit(main())
