#!/usr/bin/env bash
# A newcomer with one policy as JSON, in an empty folder.
set -eu

cat > auth.json <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": {"AWS": "arn:aws:iam::111122223333:role/order-service"},
      "Action": "vpc-lattice-svcs:Invoke",
      "Resource": "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890/*",
      "Condition": {"StringEquals": {"vpc-lattice-svcs:RequestMethod": "GET"}}
    }
  ]
}
EOF

policyc check auth.json                          # 0: 1 document: no findings
policyc list .                                   # 0: auth.json
policyc diff auth.json auth.json                 # 0: the same for all requests
policyc import auth.json -o policies --tests     # 0: wrote: policies/auth.policy
policyc check policies                           # 0: no findings
policyc test                                     # 0: passed
policyc build                                    # 0: wrote: lattice/auth.json
policyc diff auth.json out/lattice/auth.json     # 0: the same for all requests
policyc prove --that public auth.json            # 0: holds: public
# the answer
policyc simulate auth_service --who order_service --can POST --path /stock   # 10: missed condition: method is `POST`
