"""Who answers recorded requests: the policies of a project, or documents that are given."""
