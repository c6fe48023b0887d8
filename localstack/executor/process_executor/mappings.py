"""Makes event source mappings of queues behave more like Lambda's.

Stock LocalStack has one invocation at a time under way for a mapping: a message that takes minutes holds up every other
one, and a function that hangs stops its queue until it is timed out. Here a mapping has as many as its
MaximumConcurrency allows. And it waits for messages where stock LocalStack asks again and again, with growing pauses:
that costs a quarter of a processor at four questions a second, or up to ten seconds a message.
"""

import logging
import threading

from botocore.client import BaseClient
from localstack.services.lambda_.event_source_mapping.esm_worker import EsmWorker
from localstack.services.lambda_.event_source_mapping.esm_worker_factory import EsmWorkerFactory
from localstack.services.lambda_.event_source_mapping.pollers.poller import EmptyPollResultsException
from localstack.services.lambda_.event_source_mapping.pollers.sqs_poller import SqsPoller

LOG = logging.getLogger(__name__)

# A mapping that is to stop, or has no free place, notices it after this time.
_WAIT_SECONDS = 5


def install() -> None:
    """Changes how LocalStack makes the workers of its mappings."""
    make = EsmWorkerFactory.get_esm_worker

    def get_esm_worker(factory: EsmWorkerFactory) -> EsmWorker:
        worker = make(factory)
        if isinstance(worker.poller, SqsPoller):
            scaling = worker.esm_config.get("ScalingConfig") or {}
            worker.poller.source_client = _WaitingClient(worker.poller.source_client)
            _spread(worker.poller, scaling.get("MaximumConcurrency", 1))
        return worker

    EsmWorkerFactory.get_esm_worker = get_esm_worker


class _WaitingClient:
    """An SQS client that waits for messages and returns with the first, as AWS's long polling does."""

    def __init__(self, client: BaseClient) -> None:
        self._client = client

    def __getattr__(self, name: str):
        return getattr(self._client, name)

    def receive_message(self, **request) -> dict:
        # LocalStack's own extensions would wait until the batch is full.
        request = {name: value for name, value in request.items() if not name.startswith("sqs_override_")}
        return self._client.receive_message(**request | {"WaitTimeSeconds": _WAIT_SECONDS})


def _spread(poller: SqsPoller, limit: int) -> None:
    """Receiving stays with the poller's one thread; each batch is handled in a thread of its own."""
    places = threading.BoundedSemaphore(limit)
    poll, handle = poller.poll_events, poller.handle_messages
    handed_over = threading.Event()

    def handle_and_free(messages: list) -> None:
        try:
            handle(messages)
        except Exception as error:
            # As the stock poller: the messages were not deleted and come again.
            LOG.warning("Batch processing failed: %r", error, exc_info=LOG.isEnabledFor(logging.DEBUG))
        finally:
            places.release()

    def handle_messages(messages: list) -> None:
        handed_over.set()
        threading.Thread(target=handle_and_free, args=(messages,), daemon=True).start()

    def poll_events() -> None:
        if not places.acquire(timeout=_WAIT_SECONDS):
            return
        handed_over.clear()
        try:
            poll()
        except EmptyPollResultsException:
            LOG.debug("No message on %s", poller.source_arn)
        finally:
            if not handed_over.is_set():
                places.release()

    poller.poll_events, poller.handle_messages = poll_events, handle_messages
