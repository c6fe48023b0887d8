"""Runs Lambda functions as processes of the machine on which LocalStack runs, without Docker.

This package takes the place of LocalStack's Docker executor. It starts the function's real bootstrap program and serves
it the real Lambda Runtime API. For container-image functions, a map says which directory contains the image's programs,
and the function's entry point chooses one of them.

LocalStack loads it through its entry points if ``LAMBDA_RUNTIME_EXECUTOR=process``; ``settings`` documents the rest.

Differences from Lambda: memory is not limited, the function can write to the machine's file system, and a process is not
frozen between two invocations.
"""
