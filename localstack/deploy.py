"""Deploys the template to LocalStack through CloudFormation, as `sam deploy` would to AWS.

It differs from AWS's own tools in two ways. The code of the zip functions comes from a directory of built bootstrap
programs. And it polls CloudFormation ten times a second, while AWS's tools poll every 5 or 30 seconds. It prints one JSON
object: the stack's outputs, and whether the stack was changed.
"""

import argparse
import hashlib
import io
import json
import sys
import time
import zipfile
from pathlib import Path

import boto3
from awscli.customizations.cloudformation.yamlhelper import yaml_dump, yaml_parse
from botocore.exceptions import ClientError

POLL_SECONDS = 0.1
# The template goes through a bucket like the code, because it may be too large for a request.
BUCKET = "quire-deployment"


def main() -> None:
    arguments = _arguments()
    session = boto3.Session(region_name=arguments.region)
    client = {name: session.client(name, endpoint_url=arguments.endpoint) for name in ("s3", "cloudformation")}
    client["s3"].create_bucket(Bucket=BUCKET)
    template = yaml_parse(arguments.template.read_text())
    for name, function in _zip_functions(template):
        function["CodeUri"] = _upload(client["s3"], arguments.code / Path(function["CodeUri"]).name / "bootstrap", name)
    body = yaml_dump(template).encode()
    key = f"{arguments.stack}-{hashlib.sha256(body).hexdigest()}.yaml"
    client["s3"].put_object(Bucket=BUCKET, Key=key, Body=body)
    parameters = json.loads(arguments.parameters.read_text())
    parameters |= dict(parameter.split("=", 1) for parameter in arguments.parameter)
    stack, changed = _deploy(client["cloudformation"], arguments, f"{arguments.endpoint}/{BUCKET}/{key}", parameters)
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
    print(json.dumps({"changed": changed, "outputs": outputs}))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--endpoint", required=True, help="LocalStack's address")
    parser.add_argument("--region", required=True)
    parser.add_argument("--stack", required=True, help="name of the stack")
    parser.add_argument("--template", required=True, type=Path)
    parser.add_argument("--code", required=True, type=Path, help="directory with NAME/bootstrap for each zip function")
    parser.add_argument("--parameters", required=True, type=Path, help="JSON object: the template's parameters")
    parser.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE", help="one more; repeatable")
    return parser.parse_args()


def _zip_functions(template: dict):
    """Yields the names and properties of the functions whose code is a directory."""
    for name, resource in template["Resources"].items():
        code = resource.get("Properties", {}).get("CodeUri")
        if resource["Type"] == "AWS::Serverless::Function" and isinstance(code, str):
            yield name, resource["Properties"]


def _upload(s3, bootstrap: Path, name: str) -> dict[str, str]:
    """Uploads the zipped bootstrap under a key made from its content, so that unchanged code changes no resource."""
    code = bootstrap.read_bytes()
    key = f"{name}-{hashlib.sha256(code).hexdigest()}.zip"
    try:
        s3.head_object(Bucket=BUCKET, Key=key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        s3.put_object(Bucket=BUCKET, Key=key, Body=_zipped(code))
    return {"Bucket": BUCKET, "Key": key}


def _zipped(code: bytes) -> bytes:
    archive = io.BytesIO()
    entry = zipfile.ZipInfo("bootstrap")
    entry.external_attr = 0o755 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(archive, "w", compresslevel=1) as file:
        file.writestr(entry, code)
    return archive.getvalue()


def _deploy(cloudformation, arguments, url: str, parameters: dict) -> tuple[dict, bool]:
    request = {
        "StackName": arguments.stack,
        "TemplateURL": url,
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    exists = _describe(cloudformation, arguments.stack) is not None
    try:
        (cloudformation.update_stack if exists else cloudformation.create_stack)(**request)
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return _describe(cloudformation, arguments.stack), False
        raise
    return _wait(cloudformation, arguments.stack), True


def _describe(cloudformation, stack: str) -> dict | None:
    try:
        return cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def _wait(cloudformation, stack: str) -> dict:
    while (found := _describe(cloudformation, stack))["StackStatus"].endswith("_IN_PROGRESS"):
        time.sleep(POLL_SECONDS)
    if found["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        for event in cloudformation.describe_stack_events(StackName=stack)["StackEvents"]:
            if event["ResourceStatus"].endswith("FAILED"):
                print(f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}", file=sys.stderr)
        sys.exit(f"the stack {stack} is {found['StackStatus']}: {found.get('StackStatusReason', 'see above')}")
    return found


if __name__ == "__main__":
    main()
