"""What is wrong besides, where something cannot be read or has no value yet."""
