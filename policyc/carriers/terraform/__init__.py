"""Terraform and OpenTofu: configuration in HCL or JSON, and what `terraform show -json` prints of plans and states."""
