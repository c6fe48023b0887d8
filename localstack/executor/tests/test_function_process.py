"""The executor with real processes, without LocalStack."""

import json
import os
import signal
import tempfile
import time
import unittest
from concurrent.futures import Future
from pathlib import Path

from process_executor.function_process import FunctionProcess, StartFailed
from process_executor.images import Program, UnknownImage, program_of
from process_executor.runtime_api import Invocation
from process_executor.settings import Settings

READY_SECONDS = 60

# A function: asks for events and answers each with what its "do" evaluates to.
LOOP = """
import json, os, signal, subprocess, sys, time, urllib.request
base = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/"
def post(path, body):
    urllib.request.urlopen(urllib.request.Request(base + path, data=json.dumps(body).encode())).read()
while True:
    event = urllib.request.urlopen(base + "invocation/next")
    request = event.headers["Lambda-Runtime-Aws-Request-Id"]
    print(json.dumps({"request": request}), flush=True)
    post(f"invocation/{request}/response", eval(json.load(event)["do"]))
"""


class FunctionProcessTest(unittest.TestCase):
    def setUp(self) -> None:
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.settings = Settings(
            images=None,
            logs=self.directory / "logs",
            processes=self.directory / "processes",
            temporary=self.directory,
            concurrent_mappings=True,
        )

    def start(self, source: str = LOOP) -> FunctionProcess:
        path = self.directory / "bootstrap"
        path.write_text(f"#!/usr/bin/env python3\n{source}")
        path.chmod(0o755)
        given = {"AWS_REGION": "us-east-1", "TIMEOUT": 3, "LOCALSTACK_RUNTIME_ID": "x"}
        program = Program(path, environment={"QUIRE_HOME": "/quire"})
        process = FunctionProcess("scan", program, given, self.settings)
        self.addCleanup(process.kill)
        process.wait_until_ready(READY_SECONDS)
        return process

    def invoke(self, process: FunctionProcess, do: str) -> Invocation:
        payload = json.dumps({"do": do}).encode()
        invocation = Invocation("r-1", "arn", "trace", int(time.time() * 1000) + 60_000, payload, Future())
        process.invoke(invocation)
        return invocation

    def answer(self, process: FunctionProcess, do: str):
        answer = self.invoke(process, do).answer.result(READY_SECONDS)
        return answer.is_error, json.loads(answer.body)

    def log(self) -> str:
        return (self.directory / "logs/scan.log").read_text()

    def registered(self) -> list[dict]:
        return [json.loads(path.read_text()) for path in (self.directory / "processes").glob("*.json")]

    def test_events_are_answered_one_after_another(self) -> None:
        process = self.start()
        self.assertEqual(self.answer(process, "1 + 1"), (False, 2))
        self.assertEqual(self.answer(process, "'again'"), (False, "again"))

    def test_the_environment_is_lambda_s_and_the_image_s(self) -> None:
        os.environ["A_SECRET_OF_THE_MACHINE"] = "x"
        self.addCleanup(os.environ.pop, "A_SECRET_OF_THE_MACHINE")
        _, environment = self.answer(self.start(), "dict(os.environ)")
        self.assertEqual(environment["QUIRE_HOME"], "/quire")
        self.assertEqual(environment["TIMEOUT"], "3")
        self.assertTrue(Path(environment["TMPDIR"]).is_relative_to(self.directory))
        for absent in ("A_SECRET_OF_THE_MACHINE", "LOCALSTACK_RUNTIME_ID", "HOME"):
            self.assertNotIn(absent, environment)

    def test_a_killed_process_fails_its_event_and_says_how_it_ended(self) -> None:
        process = self.start()
        is_error, body = self.answer(process, "os.kill(os.getpid(), signal.SIGKILL)")
        self.assertTrue(is_error)
        self.assertEqual(body["errorType"], "Runtime.ExitError")
        self.assertIn("SIGKILL", body["errorMessage"])
        self.assertTrue(process.has_ended)
        self.assertIn("SIGKILL", self.log())

    def test_one_killed_while_it_is_idle_is_known_to_have_ended(self) -> None:
        process = self.start()
        (registered,) = self.registered()
        self.assertEqual(registered["function"], "scan")
        os.kill(registered["pid"], signal.SIGKILL)
        self.assertTrue(within(READY_SECONDS, lambda: process.has_ended))
        answer = self.invoke(process, "1").answer.result(READY_SECONDS)
        self.assertTrue(answer.is_error)

    def test_its_end_takes_children_with_process_groups_of_their_own_and_its_files(self) -> None:
        process = self.start()
        child = "subprocess.Popen(['sleep', '600'], process_group=0).pid"
        _, pid = self.answer(process, child)
        process.kill()
        self.assertFalse(is_alive(pid))
        self.assertEqual(self.registered(), [])
        self.assertEqual([path.name for path in self.directory.glob("scan-*")], [])

    def test_a_process_that_ends_while_it_starts_is_told(self) -> None:
        with self.assertRaises(StartFailed) as failure:
            self.start("raise SystemExit(3)")
        self.assertIn("exit status 3", str(failure.exception))

    def test_a_program_that_cannot_be_started_is_told(self) -> None:
        program = Program(self.directory / "absent")
        with self.assertRaises(StartFailed) as failure:
            FunctionProcess("scan", program, {}, self.settings)
        self.assertIn("No such file", str(failure.exception))
        self.assertIn("No such file", self.log())

    def test_what_the_function_says_of_its_start_is_passed_on(self) -> None:
        source = LOOP.split("while True")[0] + 'post("init/error", {"errorType": "NoModels"}); time.sleep(600)'
        with self.assertRaises(StartFailed) as failure:
            self.start(source)
        self.assertEqual(json.loads(failure.exception.payload), {"errorType": "NoModels"})

    def test_the_output_is_in_the_function_s_log(self) -> None:
        process = self.start()
        self.answer(process, "1")
        process.kill()
        self.assertIn('{"request": "r-1"}', self.log())

    def test_what_the_function_wrote_before_its_answer_is_there_with_the_answer(self) -> None:
        process = self.start()
        for number in range(50):
            text = f"line {number} {'x' * 30_000}"
            self.answer(process, f"(sys.stdout.write({text + chr(10)!r}), sys.stdout.flush()) and 1")
            lines = process.log.new_lines()
            self.assertEqual(lines.count("line "), 1)
            self.assertIn(text, lines)


class ImagesTest(unittest.TestCase):
    def setUp(self) -> None:
        self.map = Path(self.enterContext(tempfile.TemporaryDirectory())) / "images.json"
        self.map.write_text('{"quire:2": {"directory": "/two", "environment": {"A": "b"}}, "quire": {"directory": "/any"}}')

    def test_the_tag_decides_before_the_name(self) -> None:
        program = program_of("registry.example/quire:2", ["/var/task/scan"], ["--now"], self.map)
        self.assertEqual(program, Program(Path("/two/scan"), ["--now"], {"A": "b"}))
        self.assertEqual(program_of("quire:3", [], ["split"], self.map).path, Path("/any/split"))

    def test_what_is_not_known_is_told(self) -> None:
        for uri, command in (("other:1", ["scan"]), ("quire:2", [])):
            with self.assertRaises(UnknownImage):
                program_of(uri, [], command, self.map)


def within(seconds: float, condition) -> bool:
    """Waits until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def is_alive(pid: int) -> bool:
    """A zombie has ended; it waits for whoever inherits it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    unittest.main()
