"""What wirewatch knows, without I/O, clock or client library: read ``flow.py`` first."""
