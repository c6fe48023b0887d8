"""Runs Lambda functions as processes of the machine on which LocalStack runs, without Docker.

The function's real bootstrap speaks the real Lambda Runtime API with this package, which stands where LocalStack has
its Docker executor. Container-image functions run too: a map says which directory holds an image's programs, and the
function's entry point says which of them it is.

LocalStack loads it by its entry points when ``LAMBDA_RUNTIME_EXECUTOR=process``; see ``settings`` for the rest.

What differs from Lambda: memory is not limited, the file system is the machine's and can be written, and a process
that is done may go on working until its next invocation.
"""
