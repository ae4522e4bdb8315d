#!/usr/bin/env python3
"""Writes calls of Claude that any repository's tests have recorded, for benchmarks/bench_tokens.py.

    python tools/vocabulary/recorded_claude.py GIT_DIR OUT.jsonl

GIT_DIR is a git directory; of its newest commit every YAML, JSON and HAR file that names
Anthropic is looked through for pairs of a request and a response, as VCR, Polly and their like keep
them (bodies as text, packed, in base64 or decoded). A line of OUT is {"uri", "body", "response"} as
recorded_calls.py writes it. Left out: what is the same as a line before, batches, counts without a
call, and a usage that was written by hand: Anthropic keeps no prefix below 512 tokens, nor below
2,048 at Claude 3 Haiku. Needs PyYAML; what Brotli has packed needs brotli.
"""

import argparse
import base64
import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from bench_tokens import usage_of
from recorded_calls import events

FOUND = ("anthropic.com/", "anthropic.claude", "publishers/anthropic")
BODY = ("parsed_body", "string", "base64_string", "text", "body", "postData", "content")
KINDS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Knows the tags of other languages as the plain values that they have."""


def any_tag(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        return base64.b64decode(node.value) if "binary" in suffix else node.value
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True)


for prefix in ("!", "tag:yaml.org,2002:python"):
    Loader.add_multi_constructor(prefix, any_tag)


def git(folder, *arguments):
    return subprocess.run(["git", f"--git-dir={folder}", *arguments], capture_output=True).stdout


def text_of(raw):
    if isinstance(raw, str):
        return raw
    if raw[:2] == b"\x1f\x8b":
        raw = gzip.decompress(raw)
    elif raw[:1] not in b'{[ed \n"':
        try:
            import brotli

            raw = brotli.decompress(raw)
        except Exception:
            return ""
    return raw.decode("utf-8", "ignore")


def decoded(value, depth=0):
    """A body as JSON, however it is kept; None where it is none."""
    if value is None or depth > 4:
        return None
    if isinstance(value, dict):
        if "messages" in value or "usage" in value or "type" in value:
            return value
        for key in BODY:
            if value.get(key) is not None:
                inner = value[key]
                inner = base64.b64decode(inner) if key == "base64_string" else inner
                return decoded(inner, depth + 1)
        return value
    if isinstance(value, list):
        return decoded("".join(map(text_of, value)), depth + 1)
    text = text_of(value)
    try:
        inner = json.loads(text)
        return decoded(inner, depth + 1) if isinstance(inner, str) else inner
    except ValueError:
        streamed = list(events(text))
    if streamed:
        return {"sse": streamed}
    try:
        return decoded(base64.b64decode(text, validate=True), depth + 1) if text else None
    except ValueError:
        return None


def pairs(value):
    """Every (request, response) in a decoded file."""
    if isinstance(value, dict):
        if isinstance(value.get("request"), dict) and "response" in value:
            yield value["request"], value["response"]
            return
        value = list(value.values())
    for inner in value if isinstance(value, list) else ():
        yield from pairs(inner)


def calls(folder):
    """(uri, body, answer) of each call of Claude in the newest commit."""
    looked_for = [part for name in FOUND for part in ("-e", name)]
    names = git(folder, "grep", "-lIi", *looked_for, "HEAD").decode().splitlines()
    for name in sorted(name for name in names if re.search(r"\.(ya?ml|json|har)$", name)):
        raw = git(folder, "cat-file", "blob", name).decode("utf-8", "ignore")
        try:
            kept = [json.loads(raw)] if not name.endswith("ml") else yaml.load_all(raw, Loader)
            found = [pair for document in kept for pair in pairs(document)]
        except (ValueError, yaml.YAMLError) as error:
            print(f"not read: {name}: {str(error)[:60]!r}")
            continue
        for request, response in found:
            uri = str(request.get("uri") or request.get("url") or "").lower()
            body = decoded({k: v for k, v in request.items() if k in BODY})
            if any(part in uri for part in FOUND) and isinstance(body, dict) and "batch" not in uri:
                yield uri, body, decoded(response)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", metavar="GIT_DIR")
    parser.add_argument("out", type=Path, metavar="OUT.jsonl")
    args = parser.parse_args()
    written = set()
    for uri, body, answer in calls(args.folder):
        used = usage_of(answer) if isinstance(answer, dict) else {}
        model = re.search(r"claude-[a-z0-9.@-]+", uri.replace("%3a", ":"))
        body.setdefault("model", model.group() if model else "")
        kept = [used.get(kind) or 0 for kind in KINDS]
        least = 2000 if "3-haiku" in body["model"] else 500
        by_hand = any(0 < tokens < least for tokens in kept[1:])
        if "messages" not in body or "count" in uri or not sum(kept) or by_hand:
            continue
        line = {"uri": "https://api.anthropic.com/v1/messages", "body": body}
        written.add(json.dumps({**line, "response": {"usage": used}}, default=str, sort_keys=True))
    args.out.write_text("".join(f"{line}\n" for line in sorted(written)), encoding="utf-8")
    print(f"{len(written)} calls")


if __name__ == "__main__":
    main()
