"""An exec processor: verifies one jar for each line that it reads.

in   {"index": 7, "attempt": 1, "item": {"path": "/…/a.jar", "size": 12345}}
out  {"index": 7, "result": {"sha1": "…", "entries": 42}}
or   {"index": 7, "error": {"code": "ChecksumMismatch", "message": "…"}, "retry": false}
"""
import hashlib
import json
import os
import sys
import zipfile


def audit(path):
    published = path + ".sha1"
    if not os.path.exists(published):
        return {"skip": "no .sha1 was published beside it"}
    with open(published, encoding="ascii") as f:
        expected = f.read().split()[0].lower()
    digest = hashlib.sha1()
    with open(path, "rb") as f:
        while block := f.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != expected:
        message = f"{os.path.basename(path)} has {digest.hexdigest()}, published was {expected}"
        return {"error": {"code": "ChecksumMismatch", "message": message}, "retry": False}
    try:
        with zipfile.ZipFile(path) as jar:
            return {"result": {"sha1": expected, "entries": len(jar.namelist())}}
    except zipfile.BadZipFile as e:
        return {"error": {"code": "NotAJar", "message": str(e)}, "retry": False}


for line in sys.stdin:
    call = json.loads(line)
    try:
        answer = audit(call["item"]["path"])
    except OSError as e:
        answer = {"error": {"code": "Unreadable", "message": str(e)}, "retry": True}
    print(json.dumps({"index": call["index"], **answer}), flush=True)
