"""What LocalStack finds by its entry points."""

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
    """Before any mapping is made."""
    from .mappings import install

    install()
