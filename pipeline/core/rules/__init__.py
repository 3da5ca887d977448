"""Alert rules: syntax, index, candidates, evaluation."""
