"""Makes message move tasks behave like those of SQS.

On AWS a redriven message is a new message: it has a new id, the time of the redrive, and was never received (AWS,
"Learn how to configure a dead-letter queue redrive"). LocalStack keeps all three.
"""

import time
import uuid

from localstack.services.sqs.provider import MessageMoveTaskManager


def install() -> None:
    """Replaces the queues that a move task sees."""
    get = MessageMoveTaskManager._get_queue_by_arn
    MessageMoveTaskManager._get_queue_by_arn = lambda manager, arn: _Queue(get(manager, arn))


class _Queue:
    """A queue into which messages are put as new ones."""

    def __init__(self, queue) -> None:
        self._queue = queue

    def __getattr__(self, name: str):
        return getattr(self._queue, name)

    def put(self, message: dict, **rest):
        attributes = {name: value for name, value in message["Attributes"].items() if "Receive" not in name}
        attributes["SentTimestamp"] = str(int(time.time() * 1000))
        return self._queue.put(message=message | {"MessageId": str(uuid.uuid4()), "Attributes": attributes}, **rest)
