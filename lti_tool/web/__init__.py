"""Page manners: who may see what, headers, errors, the one component set."""
