"""Records of VPC Lattice as columns: each distinct value is looked at once, each distinct kind of request is asked once.

The answers are those of the askers themselves: columns only tell which requests have to have the same one.
"""
