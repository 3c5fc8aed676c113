"""Recorded traffic against policies: what would they have done with the requests of an access log?"""
