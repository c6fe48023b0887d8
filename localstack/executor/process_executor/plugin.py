"""The entry points that LocalStack loads."""

from localstack.runtime import hooks
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin

from .settings import Settings


class ProcessExecutorPlugin(RuntimeExecutorPlugin):
    """``LAMBDA_RUNTIME_EXECUTOR=process``."""

    name = "process"

    def load(self, *_arguments, **_named):
        from .executor import ProcessExecutor

        return ProcessExecutor


@hooks.on_infra_start(should_load=lambda: Settings.read().concurrent_mappings)
def concurrent_mappings() -> None:
    """Runs before any mapping is created."""
    from .mappings import install

    install()


@hooks.on_infra_start()
def redrives() -> None:
    """Runs before any move task."""
    from .redrives import install

    install()
