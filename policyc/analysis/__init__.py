"""Questions about all requests at once: does one policy allow what another does not, does a guarantee hold, who can?

`formula` holds the Boolean skeleton, `domains` the values of one key, `solver` joins both; `encode` turns policies of the IR into
formulas, `witness` turns a solution into one request and has the engine answer it.
"""
