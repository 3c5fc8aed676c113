data "aws_networkmanager_core_network_policy_document" "full" {
  core_network_configuration {
    vpn_ecmp_support   = false
    asn_ranges         = ["64512-64555", "65000-65010"]
    inside_cidr_blocks = ["10.0.0.0/16"]
    edge_locations {
      location           = "us-east-1"
      asn                = 64512
      inside_cidr_blocks = ["10.0.0.0/24"]
    }
    edge_locations {
      location = "eu-central-1"
    }
  }
  segments {
    name                          = "shared"
    description                   = "x"
    require_attachment_acceptance = true
    edge_locations                = ["us-east-1"]
    isolate_attachments           = true
    allow_filter                  = ["dev"]
  }
  segments {
    name                          = "dev"
    require_attachment_acceptance = false
    deny_filter                   = ["shared"]
  }
  network_function_groups {
    name                          = "nfg"
    description                   = "d"
    require_attachment_acceptance = true
  }
  segment_actions {
    action     = "share"
    mode       = "attachment-route"
    segment    = "shared"
    share_with = ["*"]
  }
  segment_actions {
    action     = "share"
    mode       = "attachment-route"
    segment    = "dev"
    share_with = ["shared"]
  }
  segment_actions {
    action            = "share"
    mode              = "attachment-route"
    segment           = "dev"
    share_with_except = ["shared"]
  }
  segment_actions {
    action                  = "create-route"
    segment                 = "dev"
    destination_cidr_blocks = ["0.0.0.0/0"]
    destinations            = ["attachment-0123456789abcdef0"]
  }
  segment_actions {
    action                  = "create-route"
    segment                 = "dev"
    destination_cidr_blocks = ["0.0.0.0/0"]
    destinations            = ["blackhole"]
  }
  segment_actions {
    action  = "send-via"
    segment = "dev"
    mode    = "single-hop"
    when_sent_to {
      segments = ["shared"]
    }
    via {
      network_function_groups = ["nfg"]
      with_edge_override {
        edge_sets         = [["us-east-1", "eu-central-1"]]
        use_edge_location = "us-east-1"
      }
      with_edge_override {
        edge_sets = [["us-east-1"]]
        use_edge  = "us-east-1"
      }
    }
  }
  segment_actions {
    action  = "send-to"
    segment = "dev"
    via {
      network_function_groups = ["nfg"]
    }
  }
  attachment_policies {
    rule_number     = 100
    condition_logic = "or"
    description     = "dd"
    conditions {
      type     = "tag-value"
      operator = "equals"
      key      = "segment"
      value    = "shared"
    }
    conditions {
      type     = "account-id"
      operator = "equals"
      value    = "111122223333"
    }
    action {
      association_method = "constant"
      segment            = "shared"
      require_acceptance = true
    }
  }
  attachment_policies {
    rule_number = 200
    conditions {
      type = "any"
    }
    action {
      association_method = "tag"
      tag_value_of_key   = "seg"
    }
  }
  attachment_policies {
    rule_number = 50
    conditions {
      type = "tag-exists"
      key  = "x"
    }
    action {
      add_to_network_function_group = "nfg"
    }
  }
}
data "aws_networkmanager_core_network_policy_document" "small" {
  version = "2021.12"
  core_network_configuration {
    asn_ranges = ["64512-64555"]
    edge_locations {
      location = "us-east-1"
    }
  }
  segments {
    name = "shared"
  }
  segment_actions {
    action     = "share"
    segment    = "shared"
    share_with = ["a", "b"]
  }
}
output "full" {
  value = data.aws_networkmanager_core_network_policy_document.full.json
}
output "small" {
  value = data.aws_networkmanager_core_network_policy_document.small.json
}
