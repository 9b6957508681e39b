"""JQL as far as the demo site speaks it."""
