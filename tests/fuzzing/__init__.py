"""Inputs that a fuzzer makes, on demand."""
