"""Policies on AWS itself: reading what is there, comparing it with what was written, and changing it in steps.

The one part that imports boto3, and only once a command asks for AWS.
"""
