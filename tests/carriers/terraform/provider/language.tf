variable "prefix" {
  type    = string
  default = "shop"
}

variable "rules" {
  type = map(object({
    methods = optional(list(string), ["GET"])
    path    = string
    extra   = optional(string)
  }))
  default = {
    read  = { path = "/stock" }
    write = { path = "/orders", methods = ["PUT", "POST"] }
  }
}

variable "port" {
  type    = string
  default = 443
}

variable "names" {
  type    = set(string)
  default = ["b", "a", "b"]
}

locals {
  names  = ["x", "y"]
  pairs  = { for at, name in local.names : name => at }
  nested = { a = { b = [{ c = 1 }, { c = 2 }] }, "k 1" = true }
  base   = { Version = "2012-10-17" }
  all    = merge(local.base, { Id = var.prefix }, null)
}

output "list_comprehension" {
  value = jsonencode([for name in local.names : "${var.prefix}-${name}" if name != "x"])
}
output "map_comprehension" {
  value = jsonencode({ for key, rule in var.rules : upper(key) => rule })
}
output "grouping" {
  value = jsonencode({ for key, rule in var.rules : length(rule.methods) => key... })
}
output "splats" {
  value = jsonencode([local.nested.a.b[*].c, local.nested["a"].b.*.c, local.nested.a.b.1.c, "one"[*], null[*]])
}
output "conditions" {
  value = jsonencode([var.port == "443" ? 1 : 2, !true || false, 1 + 2 * 3 - 4 / 2, (1 + 2) * 3, -5 % 3, 2 >= 2 && 1 < 2])
}
output "types" {
  value = jsonencode([var.port, var.names, tomap({ a = 1, b = "x" }), tostring(1.50), [1, "a", null]])
}
output "merged" {
  value = jsonencode(local.all)
}
output "flattened" {
  value = jsonencode(flatten([for key, rule in var.rules : [for method in rule.methods : { id = "${key}-${method}", path = rule.path }]]))
}
output "tried" {
  value = jsonencode([try(local.nested.q.z, "none"), can(local.nested.a), lookup(local.pairs, "q", 9), local.nested["k 1"]])
}
output "spread" {
  value = jsonencode(concat([["a"], ["b"]]...))
}
output "keys" {
  value = jsonencode({ (var.prefix) = 1, "${var.prefix}-2" = 2, three = 3, "4" : 4 })
}
output "decoded" {
  value = jsonencode(jsondecode("{\"a\": [1, {\"b\": null}]}").a[1])
}
