data "aws_iam_policy_document" "base" {
  statement {
    sid       = "A"
    actions   = ["vpc-lattice-svcs:Invoke", "vpc-lattice-svcs:Connect"]
    resources = ["*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalOrgID"
      values   = ["o-b", "o-a"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalOrgID"
      values   = ["o-c", "o-a"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["true"]
    }
  }
  statement {
    sid         = "B"
    effect      = "Deny"
    not_actions = ["s3:Get*"]
    resources   = ["arn:aws:s3:::b/&{aws:username}", "arn:aws:s3:::a"]
    not_principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111122223333:root"]
    }
  }
  statement {
    actions = ["s3:PutObject"]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111122223333:root"]
    }
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com", "b.amazonaws.com"]
    }
  }
}
data "aws_iam_policy_document" "x" {
  source_policy_documents   = [data.aws_iam_policy_document.base.json]
  override_policy_documents = [jsonencode({ Version = "2012-10-17", Id = "foo", Statement = [{ Sid = "B", Effect = "Allow", Action = "s3:*", Resource = ["x"] }, { Sid = "", Effect = "Allow", Action = "q:*", Resource = ["x"] }] })]
  policy_id                 = "pp"
  version                   = "2008-10-17"
  statement {
    sid       = "C"
    actions   = ["a:b"]
    resources = ["*"]
  }
}
data "aws_iam_policy_document" "p" {
  statement {
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    principals {
      type        = "AWS"
      identifiers = ["&{aws:x}"]
    }
    actions = ["s3:&{aws:x}"]
    condition {
      test     = "StringLike"
      variable = "aws:&{x}"
      values   = ["&{aws:y}"]
    }
  }
  statement {
    sid = ""
    principals {
      type        = "*"
      identifiers = ["*", "b"]
    }
    actions   = []
    resources = []
  }
  statement {
    actions   = ["a:b"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = []
    }
    condition {
      test     = "Null"
      variable = "aws:x"
      values   = []
    }
  }
}
data "aws_iam_policy_document" "noversion" {
  source_policy_documents   = ["{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"a:b\"],\"Resource\":\"*\",\"Principal\":{\"AWS\":[\"x\"]}}]}", "", "{\"Version\":\"2008-10-17\",\"Statement\":[{\"Sid\":\"Z\",\"Effect\":\"Allow\"},{\"Sid\":\"Y\",\"Effect\":\"Allow\"}]}"]
  override_policy_documents = ["{\"Statement\":[{\"Sid\":\"Z\",\"Effect\":\"Deny\",\"NotAction\":\"q\"}]}"]
}

data "aws_iam_policy_document" "dynamic" {
  dynamic "statement" {
    for_each = { b = ["PUT"], a = ["GET", "HEAD"] }
    content {
      sid       = statement.key
      actions   = ["vpc-lattice-svcs:Invoke"]
      resources = ["*"]
      dynamic "condition" {
        for_each = toset(statement.value)
        iterator = method
        content {
          test     = "StringEquals"
          variable = "vpc-lattice-svcs:RequestMethod"
          values   = [method.value]
        }
      }
    }
  }
}
output "base" {
  value = data.aws_iam_policy_document.base.json
}
output "x" {
  value = data.aws_iam_policy_document.x.json
}
output "p" {
  value = data.aws_iam_policy_document.p.json
}
output "noversion" {
  value = data.aws_iam_policy_document.noversion.json
}
output "dynamic" {
  value = data.aws_iam_policy_document.dynamic.json
}
