"""One process of a function, from its start to its end."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from pathlib import Path

from .function_log import FunctionLog
from .images import Program
from .runtime_api import Answer, Invocation, RuntimeApi, error_body
from .settings import Settings

# Variables that LocalStack sets for its own container images. A function on AWS does not see them.
_LOCALSTACK_ONLY = ("LOCALSTACK_", "EDGE_PORT", "_AWS_XRAY")


class StartFailed(Exception):
    """The process ended or hung before it asked for its first event."""

    def __init__(self, payload: bytes) -> None:
        super().__init__(payload.decode(errors="replace"))
        self.payload = payload


class FunctionProcess:
    """A process and its Runtime API. After it has ended, the next event needs another one."""

    def __init__(self, function: str, program: Program, environment: dict[str, str], settings: Settings) -> None:
        self.log = FunctionLog(settings.logs, function)
        self._gone = threading.Event()
        self._function = function
        self._current: Invocation | None = None
        self._is_wanted = True
        self._registration: Path | None = None
        # On Lambda, every execution environment has its own /tmp.
        self._temporary = tempfile.mkdtemp(prefix=f"{function}-", dir=settings.temporary)
        self._api = RuntimeApi()
        try:
            self._process = self._start(program, environment)
        except OSError as error:
            reason = f"{program.path}: {error.strerror}"
            self.log.note(f"the process of {function} did not start: {reason}")
            self._release()
            raise StartFailed(error_body("Runtime.InvalidEntrypoint", reason)) from error
        self._registration = self._register(settings.processes)
        threading.Thread(target=self._watch, name=f"{function}-{self._process.pid}", daemon=True).start()

    @property
    def has_ended(self) -> bool:
        """True as soon as the process has ended, even if its files are not removed yet."""
        return self._process.returncode is not None

    def wait_until_ready(self, seconds: float) -> None:
        """Waits for the first request for an event. Raises StartFailed if none comes."""
        api = self._api
        if not api.initialised.wait(seconds):
            self.kill()
            raise StartFailed(error_body("Sandbox.Timedout", f"not ready {seconds:.0f} seconds after its start"))
        if api.initialisation_error is not None or self.has_ended:
            error = api.initialisation_error or error_body("Runtime.ExitError", f"ended while starting: {self._ending()}")
            self.kill()
            raise StartFailed(error)

    def invoke(self, invocation: Invocation) -> None:
        """Hands an event to the process; the answer arrives in the invocation."""
        self._current = invocation
        self._api.submit(invocation)
        if self.has_ended:
            self._fail_current()

    def kill(self) -> None:
        """Ends the process with everything that it has started, and waits until no trace of it is left."""
        self._is_wanted = False
        _kill_session(self._process.pid)
        self._gone.wait()

    def _start(self, program: Program, environment: dict[str, str]) -> subprocess.Popen:
        return subprocess.Popen(
            [str(program.path), *program.arguments],
            cwd=program.path.parent,
            env=self._environment(program, environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            # A session of its own, so that whatever it starts can be found and ended with it.
            start_new_session=True,
        )

    def _environment(self, program: Program, given: dict[str, str]) -> dict[str, str]:
        """What Lambda gives, and nothing of LocalStack's own; PATH alone is the machine's, where its programs lie."""
        base = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "en_US.UTF-8", "TMPDIR": self._temporary}
        function = {name: str(value) for name, value in given.items() if not name.startswith(_LOCALSTACK_ONLY)}
        own = {"AWS_LAMBDA_RUNTIME_API": self._api.address, "LAMBDA_TASK_ROOT": str(program.path.parent)}
        return base | program.environment | function | own

    def _watch(self) -> None:
        """Passes the output on until the process ends, then cleans up after it."""
        reader = threading.Thread(target=self.log.follow, args=[self._process.stdout], daemon=True)
        reader.start()
        self._process.wait()
        # On Lambda nothing outlives the function's process; and a survivor would hold the pipe open.
        _kill_session(self._process.pid)
        reader.join(5)
        if self._is_wanted:
            self.log.note(f"the process of {self._function} ended: {self._ending()}", process=self._process.pid)
        self._api.initialised.set()
        self._fail_current()
        self._release()
        self._gone.set()

    def _fail_current(self) -> None:
        if (current := self._current) is not None:
            message = f"RequestId: {current.request} Error: Runtime exited with error: {self._ending()}"
            current.resolve(Answer(error_body("Runtime.ExitError", message), True))

    def _ending(self) -> str:
        status = self._process.wait()
        if status >= 0:
            return f"exit status {status}"
        try:
            return f"signal: {signal.Signals(-status).name}"
        except ValueError:
            return f"signal: {-status}"

    def _register(self, directory: Path | None) -> Path | None:
        if directory is None:
            return None
        directory.mkdir(parents=True, exist_ok=True)
        pid = self._process.pid
        path = directory / f"{self._function}-{pid}.json"
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps({"function": self._function, "pid": pid, "started": _start_time(pid)}))
        return partial.rename(path)

    def _release(self) -> None:
        self._api.close()
        self.log.close()
        shutil.rmtree(self._temporary, ignore_errors=True)
        if self._registration is not None:
            self._registration.unlink(missing_ok=True)


def _start_time(pid: int) -> int:
    """Clock ticks from the machine's start to the process's: with the id, they name a process for good."""
    try:
        # The name, in parentheses, may hold anything; the fields are counted from after it. See proc(5).
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except FileNotFoundError:
        return 0


def _kill_session(leader: int) -> None:
    """Ends every process of a session: a function's children have process groups of their own."""
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            pid = int(entry)
            try:
                if os.getsid(pid) == leader:
                    os.kill(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue
