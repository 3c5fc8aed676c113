"""What the examples of all rules share: the declarations of `shop.policy`, and a sample of claims, as files beside each example."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SHARED_FILE: Final = "shop.policy"

SHARED: Final = """\
module shop

let shop: account = "111122223333"
let partner: account = "444455556666"
let org: org_id = "o-a1b2c3d4e5"
let mesh_vpc: vpc_id = "vpc-0a1b2c3d4e5f67890"

principal order_fn = role(shop, "order-service")
principal batch_fn = role(shop, "batch-service")
principal resize_role = role(shop, "resize-execution")
group finance = idc_group("b4c8e438-20a1-70b2-1111-5f0e6d3a9c11")

resource inventory: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, auth: aws_iam }

resource staff: verified_access.group {
  id: "vagr-0123456789abcdef0",
  trust: { idc: iam_identity_center, jamf: jamf, okta: oidc }
}
resource payroll: verified_access.endpoint {
  id: "vae-0123456789abcdef0", group: staff, protocol: https, domain: "payroll.example.com"
}

resource photos: s3.bucket { name: "acme-photos", at: shop/us-east-1 }
resource photo_ap: s3.access_point { name: "photos-ap", at: shop/us-east-1, bucket: photos }
resource resize: lambda.function { name: "resize-image", at: shop/us-east-1, qualifier: "1", role: resize_role }
resource resized: object_lambda.access_point {
  name: "photos-resized", at: shop/us-east-1, supporting: photo_ap, function: resize
}
"""

SAMPLE_FILE: Final = "okta-claims.json"

SAMPLE: Final = """\
{"sub": "00u1", "email": "ana@example.com", "email_verified": true, "group_membership": ["ops"], "department": "sales"}
"""

#: What lies beside each example, by file name.
FILES: Final[Mapping[str, str]] = {SHARED_FILE: SHARED, SAMPLE_FILE: SAMPLE}
