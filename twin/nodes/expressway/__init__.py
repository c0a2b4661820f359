"""Cisco Expressway-C and -E: one peer's certificates, its trusted CA list, its zones."""
