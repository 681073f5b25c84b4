"""Several PCs and their server in one process: the real program, and a world that a seed decides.

``machines`` stand and fall at a statement, ``wire`` is the network between them, ``practice`` makes
the files that each history begins with, ``world`` plays one history, ``judge`` knows what has to
hold, ``runs`` plays many, ``injected`` breaks the program on purpose.
"""
