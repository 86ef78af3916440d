"""A stand-in for pip: checks requirements where no package index can be reached. See __main__.py."""
