"""A stand-in for AWS inside one process: real boto3 clients, whose requests and answers are checked against botocore's own models, and state of
our own behind them. Only what policyc calls is there."""
