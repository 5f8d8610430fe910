"""OWL reasoners over the ontology: they find contradictions, and classes that cannot have a member."""
