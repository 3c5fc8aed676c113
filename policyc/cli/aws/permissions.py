"""`policyc aws permissions`: asks nobody."""

from __future__ import annotations

import argparse
import json

from policyc.cli import exits
from policyc.cli.console import Console
from policyc.cli.parser import WrongUse


def run(args: argparse.Namespace, console: Console) -> int:
    from policyc.aws.permissions import PURPOSES, least

    words = args.words or ["pull"]
    if len(words) > 1 or words[0] not in PURPOSES:
        listed = ", ".join(f"`{name}`" for name in PURPOSES)
        raise WrongUse(f"there are no permissions for `{' '.join(words)}`", f"name one of {listed}")
    if len(args.region) > 1:
        raise WrongUse("`aws permissions` takes one Region", "leave `--region` out for all of them")
    region = args.region[0] if args.region else "*"
    partition = "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"
    policy = least(words[0], args.targets, partition, region, args.account or "*")
    console.write(json.dumps(policy, indent=2) + "\n")
    return exits.CLEAN
