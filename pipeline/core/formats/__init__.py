"""Wire formats, one file each; ``parse`` finds out by content which one a payload is in."""
