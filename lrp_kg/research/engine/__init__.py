"""Answers SPARQL queries within hard limits: killable workers over a store of this machine, or a remote endpoint."""
