"""LocalStack's view: one executor is one execution environment of a function version."""

import os
import time
from pathlib import Path

from localstack import config
from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from .function_process import FunctionProcess, StartFailed
from .images import Program, UnknownImage, program_of
from .runtime_api import Answer, Invocation, error_body
from .settings import Settings


class ProcessExecutor(RuntimeExecutor):
    """Uses one process for all invocations of its environment, and starts another when that one has ended."""

    def __init__(self, id: str, function_version: FunctionVersion) -> None:
        super().__init__(id, function_version)
        self._settings = Settings.read()
        self._environment: dict[str, str] = {}
        self._process: FunctionProcess | None = None

    def start(self, env_vars: dict[str, str]) -> None:
        self._environment = env_vars
        self._start_process()

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        begun = time.time()
        invocation = self._invocation(payload, begun)
        self._deliver(invocation)
        answer = self._answer(invocation, begun)
        report = self._report(invocation, begun)
        return InvocationResult(invocation.request, answer.body, is_error=answer.is_error, logs=report)

    def get_logs(self) -> str:
        return self._process.log.new_lines() if self._process is not None else ""

    def get_address(self) -> str:
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        # Only LocalStack's own container image calls it.
        return f"http://127.0.0.1:{config.GATEWAY_LISTEN[0].port}/_localstack_lambda/{self.id}"

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        if function_version.config.code:
            function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """Does nothing, because the next version may share the unpacked code."""

    def _start_process(self) -> None:
        """Starts a process. LocalStack answers the invocation with what this raises."""
        name = self.function_version.id.function_name
        try:
            process = FunctionProcess(name, self._program(), self._environment, self._settings)
            # LocalStack calls stop() after its own limit, which ends the wait.
            self._process = process
            process.wait_until_ready(config.LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT)
        except StartFailed as error:
            raise StatusErrorException(f"{name} did not start: {error}", payload=error.payload) from error
        except UnknownImage as error:
            payload = error_body("Runtime.InvalidImage", str(error))
            raise StatusErrorException(f"{name} did not start: {error}", payload=payload) from error

    def _program(self) -> Program:
        function = self.function_version.config
        if function.code is None:
            image = function.image_config
            entry_point, command = (image.entrypoint or [], image.command or []) if image else ([], [])
            return program_of(function.image.image_uri, entry_point, command, self._settings.images)
        bootstrap = Path(function.code.get_unzipped_code_location()) / "bootstrap"
        if bootstrap.is_file():
            os.chmod(bootstrap, 0o755)
        return Program(bootstrap)

    def _invocation(self, payload: dict[str, str], begun: float) -> Invocation:
        return Invocation(
            request=payload["invoke-id"],
            function_arn=payload["invoked-function-arn"],
            trace=payload["trace-id"],
            deadline_milliseconds=int((begun + self.function_version.config.timeout) * 1000),
            payload=payload["payload"].encode(),
        )

    def _deliver(self, invocation: Invocation) -> None:
        if self._process is None or self._process.has_ended:
            self._start_process()
        self._process.invoke(invocation)

    def _answer(self, invocation: Invocation, begun: float) -> Answer:
        seconds = self.function_version.config.timeout
        try:
            return invocation.answer.result(timeout=max(begun + seconds - time.time(), 0))
        except TimeoutError:
            message = f"RequestId: {invocation.request} Error: Task timed out after {seconds:.2f} seconds"
            self._process.log.note(message)
            self._process.kill()
            return Answer(error_body("Sandbox.Timedout", message), True)

    def _report(self, invocation: Invocation, begun: float) -> str:
        request, function = invocation.request, self.function_version
        milliseconds = (time.time() - begun) * 1000
        return (
            f"START RequestId: {request} Version: {function.id.qualifier}\n{self.get_logs()}"
            f"END RequestId: {request}\n"
            f"REPORT RequestId: {request}\tDuration: {milliseconds:.2f} ms\tMemory Size: {function.config.memory_size} MB\n"
        )
