"""One policy an agent: what the choices Careful, Balanced and Thrifty set."""
