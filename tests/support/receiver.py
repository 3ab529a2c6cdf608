"""A receiver of webhooks: an https server of this machine, with a certificate of its own."""

from __future__ import annotations

import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def certificate(folder):
    """Make a certificate for localhost: the files of the certificate and its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    command += (
        f" -keyout {key} -out {cert} -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    subprocess.run(command.split(), check=True, capture_output=True)
    return cert, key


class Receiver:
    """Answers as it is told to, and remembers what it was told.

    Attributes:
        heard: headers, by their names in lower case, and bodies.
        answers: statuses to answer with, one after the other; then 204.
        answer: what is called with each request's handler in place of that.
    """

    def __init__(self, cert, key):
        self.heard, self.answers, self.answer = [], [], None
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                named = {name.lower(): value for name, value in self.headers.items()}
                receiver.heard.append((named, body.decode()))
                if receiver.answer:
                    receiver.answer(self)
                    return
                self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
                self.send_header("Location", "https://localhost/elsewhere")
                self.end_headers()

            def log_message(self, *args):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, address):
                pass  # a client that leaves

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        self.server = Server(("127.0.0.1", 0), Handler)
        # The handshake is each connection's own, or one that waits would hold up the others.
        self.server.socket = context.wrap_socket(
            self.server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.port = self.server.server_address[1]
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self._thread.start()

    def url(self, host="localhost"):
        return f"https://{host}:{self.port}/done?of=me"

    def close(self):
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()
