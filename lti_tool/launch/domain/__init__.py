"""The rules of a launch, pure: what a token must say, who that makes somebody, and what binds it to a browser."""
