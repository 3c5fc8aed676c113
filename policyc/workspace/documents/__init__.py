"""Documents of AWS in files of their own and in host files: found, read, judged, listed."""
