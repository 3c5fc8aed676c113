terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region                      = "us-west-2"
  access_key                  = "x"
  secret_key                  = "y"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

variable "token" {
  type      = string
  sensitive = true
  default   = "hunter2-hunter2"
}

resource "aws_vpclattice_service" "orders" {
  name      = "orders"
  auth_type = "AWS_IAM"
}

resource "aws_vpclattice_service" "stock" {
  for_each  = toset(["a", "b"])
  name      = "stock-${each.key}"
  auth_type = "AWS_IAM"
}

data "aws_iam_policy_document" "deferred" {
  statement {
    actions   = ["vpc-lattice-svcs:Invok"]
    resources = ["${aws_vpclattice_service.orders.arn}/*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111122223333:role/orders"]
    }
  }
}

resource "aws_vpclattice_auth_policy" "orders" {
  resource_identifier = aws_vpclattice_service.orders.arn
  policy              = data.aws_iam_policy_document.deferred.json
}

resource "aws_vpclattice_auth_policy" "stock" {
  for_each            = aws_vpclattice_service.stock
  resource_identifier = each.value.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111122223333:role/stock" }
      Action    = "vpc-lattice-svcs:Invoke"
      Resource  = "*"
      Condition = {
        StringEquals = { "vpc-lattice-svcs:RequestMethod" = "get" }
      }
    }]
  })
}

resource "aws_iam_role_policy" "open" {
  role = "app"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "vpc-lattice-svcs:Invoc", Resource = "${aws_vpclattice_service.orders.arn}/*" }]
  })
}

resource "aws_iam_role_policy" "secret" {
  role = "app"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "vpc-lattice-svcs:Invoke", Resource = "*", Sid = replace(var.token, "-", "") }]
  })
}
