"""Answers questions about CPython's own pickle, repr, literals and JSON: one JSON object per line, in and out."""

import ast
import base64
import json
import pickle
import struct
import sys
import unicodedata
import warnings

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def plain(value):
    """The value as nested lists that tell every type apart; sets stay unordered."""
    kind = type(value).__name__
    if value is None or isinstance(value, (bool, str)):
        return [kind, value]
    if isinstance(value, int):
        return [kind, hex(value)]
    if isinstance(value, float):
        return [kind, "nan" if value != value else struct.pack(">d", value).hex()]
    if isinstance(value, bytes):
        return [kind, value.hex()]
    if isinstance(value, (list, tuple, set, frozenset)):
        return [kind, [plain(item) for item in value]]
    if isinstance(value, dict):
        return [kind, [[plain(key), plain(item)] for key, item in value.items()]]
    return [kind, None]


def pickles(value):
    return {str(p): base64.b64encode(pickle.dumps(value, p)).decode() for p in PROTOCOLS}


def evaluate(code):
    scope = {}
    exec(code.get("setup", ""), scope)
    return eval(code["expression"], scope)


def attempt(parse, text):
    try:
        value = parse(text)
    except Exception as error:
        return {"error": "%s: %s" % (type(error).__name__, error)}
    return {"plain": plain(value)}


def depth(value):
    """How many lists stand in one another, each the only member."""
    count = 0
    while isinstance(value, list):
        count += 1
        value = value[0] if value else None
    return count


def characters():
    """One letter per code point: p printable, e escaped, u unknown to this Python."""
    letters = []
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        if unicodedata.category(char) == "Cn":
            letters.append("u")
        else:
            letters.append("p" if char.isprintable() else "e")
    return "".join(letters)


def answer(question):
    ask, given = question["ask"], question.get("given")
    if ask == "loads":
        return plain(pickle.loads(base64.b64decode(given)))
    if ask == "depth":
        return depth(pickle.loads(base64.b64decode(given)))
    if ask == "repr":
        return repr(pickle.loads(base64.b64decode(given)))
    if ask == "pickles":
        return pickles(pickle.loads(base64.b64decode(given)))
    if ask == "evaluate":
        value = evaluate(given)
        return {"repr": repr(value), "pickles": pickles(value)}
    if ask == "literal":
        return [attempt(ast.literal_eval, text) for text in given]
    if ask == "json":
        return [attempt(json.loads, text) for text in given]
    if ask == "characters":
        return characters()
    raise ValueError(ask)


def main():
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        try:
            reply = {"answer": answer(json.loads(line))}
        except Exception as error:
            reply = {"fault": "%s: %s" % (type(error).__name__, error)}
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()


main()
