locals { 
 x = "X"
 m = ["p","q"]
}
output "a" { 
  value = <<-EOT
      a

    b
	tab
      ${local.x}
  EOT
}
output "b" { 
  value = <<-EOT
      a
   
      b
    ${local.x}  c
        EOT
}
output "c" { 
  value = <<-EOT
    ${local.x}
      b
    EOT
}
output "d" { 
  value = <<-EOT
    x
    %{ if local.x == "X" ~}
      yes
    %{ else ~}
      no
    %{ endif ~}
    [%{ for i, p in local.m }${i}${p},%{ endfor }]
    $${k} \n %%{z}
    EOT
}
output "e" { 
  value = "a ${~ local.x ~} b   %{~ if true ~}   c   %{~ endif ~} d"
}
output "f" { 
  value = <<EOT
  a

${local.x}
EOT
}
output "g" { 
  value = <<-EOT
     a
    
      b
    EOT
}
output "h" { 
  value = <<-EOT
     a
     %{ for p in local.m ~}
       ${p}
     %{ endfor ~}
     z
    EOT
}
output "i" {
  value = "tab\tquote\" \\ \u00e9 $${a} %%{b} $ % ${"in"}ner ${"a${local.x}"}"
}
output "j" {
  value = <<EOT
one "two" \n $${three}
  ${jsonencode({ a = [local.x] })}
EOT
}
output "k" {
  value = "%{ for i, p in local.m }${i}:${p} %{ endfor }%{ if local.x == "Y" }yes%{ else }no%{ endif }"
}
output "l" {
  value = <<-EOT
    a
      %{ for p in local.m }
      ${p}
      %{ endfor }
    z
  EOT
}
output "m" {
  value = jsonencode("%{ if true }a%{ endif }${1}${true}")
}
