"""Assumptions solved once: the latent scale, attendance, the programme. An immutable value, handed down."""
