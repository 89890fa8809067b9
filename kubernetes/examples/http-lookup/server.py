"""A lookup server as many web APIs are: up to 50 ids a request, and not every id is known.

    python3 server.py --ids 5000 > ids.txt     writes ids, one a line
    python3 server.py [PORT]                   serves http://127.0.0.1:PORT/tracks?ids=a,b,…  (18080; 0 takes a free port and prints it)
"""
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

UNKNOWN_EVERY = 100
MOST = 50


def track(key):
    number = int(key.removeprefix("track-"))
    return None if number % UNKNOWN_EVERY == 99 else {"id": key, "title": f"Track {number}", "seconds": 120 + number % 240}


class Lookup(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        ids = parse_qs(urlparse(self.path).query).get("ids", [""])[0].split(",")
        if len(ids) > MOST:
            self.answer(400, {"error": f"{len(ids)} ids, at most {MOST}"})
        else:
            # in an order of its own, and without the unknown ones
            self.answer(200, {"tracks": [t for t in (track(i) for i in reversed(ids)) if t]})

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


if sys.argv[1:2] == ["--ids"]:
    for n in range(int(sys.argv[2])):
        print(f"track-{n}")
else:
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 18080), Lookup)
    print(f"http://127.0.0.1:{server.server_port}/tracks", flush=True)
    server.serve_forever()
