#!/usr/bin/env bash
# A network engineer with a core network policy and a list of what is attached.
set -eu

cat > core.json <<'EOF'
{
  "version": "2021.12",
  "core-network-configuration": {
    "asn-ranges": ["64512-64555"],
    "edge-locations": [{"location": "us-east-1"}, {"location": "eu-west-1"}]
  },
  "segments": [{"name": "prod"}, {"name": "dev"}, {"name": "shared"}],
  "segment-actions": [
    {"action": "share", "mode": "attachment-route", "segment": "shared", "share-with": ["prod", "dev"]}
  ],
  "attachment-policies": [
    {
      "rule-number": 10,
      "conditions": [{"type": "tag-exists", "key": "segment"}],
      "action": {"association-method": "tag", "tag-value-of-key": "segment"}
    }
  ]
}
EOF
cat > attachments.json <<'EOF'
{
  "attachments": [
    {"name": "shop", "type": "vpc", "region": "us-east-1", "accepted": true, "tags": {"segment": "prod"}, "cidrs": ["10.1.0.0/16"]},
    {"name": "lab", "type": "vpc", "region": "eu-west-1", "accepted": true, "tags": {"segment": "dev"}, "cidrs": ["10.2.0.0/16"]},
    {"name": "dns", "type": "vpc", "region": "us-east-1", "accepted": true, "tags": {"segment": "shared"}, "cidrs": ["10.9.0.0/16"]}
  ]
}
EOF

policyc check core.json                                                          # 0: no findings
policyc graph core.json                                                          # 0: prod
policyc routes core.json --attachments attachments.json                          # 0: 10.9.0.0/16
policyc simulate core.json --attachments attachments.json --from shop --to dns   # 0: reachable
# the answer
policyc simulate core.json --attachments attachments.json --from shop --to lab   # 10: blocked
