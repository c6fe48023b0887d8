#!/bin/sh
# Deploys the template inside LocalStack's container, as soon as LocalStack is ready. See compose.yaml.
set -eu
for name in intake reconcile; do
    mkdir -p "/tmp/code/$name"
    cp "/quire/functions/$name" "/tmp/code/$name/bootstrap"
done
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
exec .venv/bin/python /quire/localstack/deploy.py --endpoint http://127.0.0.1:4566 --region us-east-1 --stack quire \
    --template /quire/infra/template.yaml --code /tmp/code --parameters /quire/localstack/parameters.json \
    --parameter "DatabaseUrl=$QUIRE_DATABASE_URL" --parameter ImageUri=quire:compose
