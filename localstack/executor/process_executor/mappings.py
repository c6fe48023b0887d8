"""Makes event source mappings of queues behave more like Lambda's.

LocalStack runs one invocation at a time for each mapping, so a message that takes minutes delays all the others, and a
function that hangs blocks its queue until it times out. Here a mapping runs as many invocations as its
MaximumConcurrency allows. It also uses long polling. LocalStack polls with growing pauses, which costs a quarter of a
core at four polls a second, or delays a message by up to ten seconds.
"""

import logging
import threading

from botocore.client import BaseClient
from localstack.services.lambda_.event_source_mapping.esm_worker import EsmWorker
from localstack.services.lambda_.event_source_mapping.esm_worker_factory import EsmWorkerFactory
from localstack.services.lambda_.event_source_mapping.pollers.poller import EmptyPollResultsException
from localstack.services.lambda_.event_source_mapping.pollers.sqs_poller import SqsPoller

LOG = logging.getLogger(__name__)

# A mapping notices after this time that it should stop, or that an invocation has finished.
_WAIT_SECONDS = 5


def install() -> None:
    """Replaces the function with which LocalStack creates the workers of its mappings."""
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
    """An SQS client with long polling: it waits until the first message arrives, as on AWS."""

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
