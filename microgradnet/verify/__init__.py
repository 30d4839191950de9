"""Printed numbers against the graph: whether a hand calculation is right, only rounded, or wrong, and why."""
