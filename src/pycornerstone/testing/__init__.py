"""For authors of loaders: a contract to inherit, phantoms, and servers that serve or misbehave."""
