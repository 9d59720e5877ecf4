def vjp(*a):
    return iter(())
