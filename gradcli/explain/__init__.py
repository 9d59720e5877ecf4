"""An answer -> the sentences it deserves, with the user's own shapes and numbers. Computes no derivative itself."""
