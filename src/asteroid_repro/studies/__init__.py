"""Data only: one folder a study. See :mod:`asteroid_repro.study_folder`."""
