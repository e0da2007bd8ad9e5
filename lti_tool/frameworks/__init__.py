"""What good looks like: frameworks, their items and levels, and every format they come and go in."""
