"""Exact models of who goes where: arrays in, arrays out, one model a module."""
