"""Cedar policies decided by cedarpy, with what Cedar leaves out: each statement's part, and answers on contexts that are open in places."""
