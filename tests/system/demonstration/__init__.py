"""The demonstration: the road from a plugged stick to the collector's record, told step by step (`./dev demo`)."""
