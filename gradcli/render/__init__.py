"""Report -> text, JSON, LaTeX, Markdown. Knows headings, colours and widths; no expression, no library of tensors but
NumPy, whose arrays it writes."""
