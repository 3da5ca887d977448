"""Move payloads through the flow and acknowledge them after their effects are confirmed."""
