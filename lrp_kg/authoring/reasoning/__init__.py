"""What OWL reasoners say of the ontology: contradictions, and classes that nothing can belong to."""
