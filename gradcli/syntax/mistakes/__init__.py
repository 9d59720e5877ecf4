"""What people type instead of an expression, and the repair: one file a kind of mistake. Knows no shapes."""
