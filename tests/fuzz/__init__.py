"""Coverage-guided fuzzing, by hand: ``python -m tests.fuzz.formats``; what it finds becomes a test of its own."""
