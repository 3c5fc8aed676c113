#!/usr/bin/env bash
# A newcomer with a Terraform repository.
set -eu

cat > main.tf <<'EOF'
variable "team" {
  type = string
}

resource "aws_vpclattice_service" "orders" {
  name      = "orders"
  auth_type = "AWS_IAM"
}

resource "aws_vpclattice_auth_policy" "orders" {
  resource_identifier = aws_vpclattice_service.orders.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OrdersRead"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111122223333:role/order-service" }
      Action    = "vpc-lattice-svcs:Invoke"
      Resource  = "*"
      Condition = { StringEquals = { "aws:PrincipalTag/team" = var.team } }
    }]
  })
}
EOF
cat > prod.tfvars <<'EOF'
team = "shop"
EOF

policyc list .                                   # 0: aws_vpclattice_auth_policy.orders
policyc check .                                  # 0: no findings
policyc check . --bindings prod.tfvars           # 0: no findings
# the answer
policyc simulate --service-policy main.tf --bindings prod.tfvars --network-auth none --service-arn arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890 --who arn:aws:iam::111122223333:role/order-service --can GET --path /stock --set aws:PrincipalTag/team=ops   # 10: aws:PrincipalTag/team is `ops`, StringEquals `shop`
