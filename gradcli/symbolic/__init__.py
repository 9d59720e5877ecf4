"""Program -> formulas of its derivatives, and their values by NumPy. The only room that knows SymPy."""
