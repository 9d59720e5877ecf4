def latex(program):
    return program.source
