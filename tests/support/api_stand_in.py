"""A server that speaks as much of the API as a client needs, and fails as a test wants it to."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

ID = "0123456789abcdef" * 2


class ApiStandIn:
    """One job, which is done at once, and what came of requests.

    Attributes:
        heard: method and path of each request, in their order.
        headers: of the last request, by their names in lower case.
        uploads: what was sent, by name.
        jobs: the bodies of jobs that were asked for, by Idempotency-Key.
        faults: by method and path without query: a list of functions that are called with a
            request's handler in place of an answer, one after the other.
        steps: what the job's events tell: states with progress and stage.
        result: what it has made.
        view: what is told of the job besides.
    """

    def __init__(self):
        self.heard, self.headers, self.uploads, self.jobs, self.faults = [], {}, {}, {}, {}
        self.steps = [("queued", 0.0, ""), ("running", 0.5, "listening"), ("done", 1.0, "")]
        self.result, self.view = b"RIFF" + bytes(100_000), {}
        self.limits = {"upload_bytes": 10**6}
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                stand_in.serve(self)

            def do_POST(self):
                stand_in.serve(self)

            def log_message(self, *args):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, address):
                pass  # a client that leaves

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self):
        if self._thread.is_alive():
            self.server.shutdown()
            self._thread.join()
            self.server.server_close()

    def serve(self, handler):
        """Answer one request."""
        parts = urlsplit(handler.path)
        self.heard.append(f"{handler.command} {parts.path}")
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        if faults := self.faults.get(self.heard[-1]):
            faults.pop(0)(handler)
            return
        body = handler.rfile.read(int(self.headers.get("content-length", 0)))
        match self.heard[-1].split("/"):
            case ["GET ", "v1", "me"]:
                self.json(handler, {"limits": self.limits})
            case ["POST ", "v1", "uploads"]:
                [name] = parse_qs(parts.query)["name"]
                self.uploads[name] = body
                self.json(handler, {"id": f"upload of {name}"}, 201)
            case ["POST ", "v1", "jobs"]:
                self.jobs[self.headers["idempotency-key"]] = json.loads(body)
                self.json(handler, self.job(), 202)
            case ["GET ", "v1", "jobs", _, "events"]:
                self.events(handler)
            case ["GET ", "v1", "jobs", _, "output", "audio"]:
                self.audio(handler)
            case ["POST ", "v1", "jobs", _, "cancel"]:
                self.steps = [("cancelled", 0.0, "")]
                self.json(handler, self.job())
            case _:
                self.json(handler, self.job())

    def job(self, step=None):
        state, progress, stage = step or self.steps[-1]
        told = {"code": "hung", "error": "It hung."} if state == "failed" else {}
        return {
            "id": ID,
            "state": state,
            "progress": progress,
            "stage": stage,
            "seconds": 0.5,
            "advice": "",
            "code": "",
            "error": "",
            **told,
            **self.view,
        }

    def json(self, handler, body, status=200, headers=()):
        text = json.dumps(body).encode()
        handler.send_response(status)
        for name, value in [("Content-Length", len(text)), *headers]:
            handler.send_header(name, str(value))
        handler.end_headers()
        handler.wfile.write(text)

    def events(self, handler):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(b"retry: 2000\n\n: \n\n")
        for step in self.steps:
            text = json.dumps(self.job(step))
            handler.wfile.write(f"event: progress\nid: 1\ndata: {text}\n\n".encode())
            handler.wfile.flush()
            time.sleep(0.02)

    def audio(self, handler, *, breaks_after=None):
        start = 0
        if "range" in self.headers and self.headers["if-range"] == '"tag"':
            start = int(self.headers["range"].removeprefix("bytes=").rstrip("-"))
        handler.send_response(206 if start else 200)
        handler.send_header("Content-Length", str(len(self.result) - start))
        handler.send_header("ETag", '"tag"')
        handler.end_headers()
        handler.wfile.write(self.result[start:][:breaks_after])


def drops(handler):
    """The connection breaks off without an answer."""
    handler.close_connection = True


def refuses(status, code, headers=()):
    """An answer that is a problem."""

    def answer(handler):
        text = json.dumps({"code": code, "detail": f"It is {code}."}).encode()
        handler.send_response(status)
        for name, value in [("Content-Length", len(text)), *headers]:
            handler.send_header(name, str(value))
        handler.end_headers()
        handler.wfile.write(text)
        handler.close_connection = True

    return answer
