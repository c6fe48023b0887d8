"""The Lambda Runtime API for one process, on a loopback port of its own.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import queue
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_PREFIX = "/2018-06-01/runtime"


@dataclass(frozen=True)
class Answer:
    """What came of an invocation."""

    body: bytes
    is_error: bool


@dataclass
class Invocation:
    """One event for the function."""

    request: str
    function_arn: str
    trace: str
    deadline_milliseconds: int
    payload: bytes
    answer: Future[Answer] = field(default_factory=Future)

    def resolve(self, answer: Answer) -> None:
        """The first answer counts; whatever comes after it, such as the process's end, does not."""
        if not self.answer.done():
            self.answer.set_result(answer)


def error_body(kind: str, message: str) -> bytes:
    """An error in the form in which Lambda answers a caller with one."""
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()


class RuntimeApi(ThreadingHTTPServer):
    """Hands invocations to the process and takes its answers."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.initialised = threading.Event()
        self.initialisation_error: bytes | None = None
        self._waiting: queue.Queue[Invocation | None] = queue.Queue()
        self._current: Invocation | None = None
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    @property
    def address(self) -> str:
        """For the process's AWS_LAMBDA_RUNTIME_API."""
        return f"127.0.0.1:{self.server_port}"

    def submit(self, invocation: Invocation) -> None:
        """Queues an event for the process."""
        self._current = invocation
        self._waiting.put(invocation)

    def next_invocation(self) -> Invocation | None:
        """Waits for the next event. None means that the process should end."""
        self.initialised.set()
        return self._waiting.get()

    def answered(self, request: str, answer: Answer) -> bool:
        """Accepts an answer. Returns False if there is no such request."""
        current = self._current
        if current is None or current.request != request:
            return False
        current.resolve(answer)
        return True

    def failed_to_initialise(self, error: bytes) -> None:
        """The process reports that it cannot start."""
        self.initialisation_error = error
        self.initialised.set()

    def close(self) -> None:
        """Ends waiting requests and the server. Safe to call twice."""
        self._waiting.put(None)
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: RuntimeApi

    def log_message(self, *_arguments) -> None:
        """Logs nothing, because every invocation would add lines."""

    def do_GET(self) -> None:
        if self.path != f"{_PREFIX}/invocation/next":
            return self._respond(404)
        invocation = self.server.next_invocation()
        if invocation is None:
            self.close_connection = True
            return self._respond(410)
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request,
            "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_milliseconds),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
            "Lambda-Runtime-Trace-Id": invocation.trace,
        }
        self._respond(200, invocation.payload, headers)

    def do_POST(self) -> None:
        body = self._body()
        match self.path.removeprefix(_PREFIX).strip("/").split("/"):
            case ["init", "error"]:
                self.server.failed_to_initialise(body)
                self._respond(202, b'{"status":"OK"}')
            case ["invocation", request, "response" | "error" as kind]:
                if self.server.answered(request, Answer(body, kind == "error")):
                    self._respond(202, b'{"status":"OK"}')
                else:
                    self._respond(400, b'{"errorType":"InvalidRequestID","errorMessage":"Invalid request id"}')
            case _:
                self._respond(404)

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _respond(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        try:
            self.send_response(status)
            for name, value in {**(headers or {}), "Content-Type": "application/json"}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            # The process has ended. FunctionProcess notices that.
            self.close_connection = True
