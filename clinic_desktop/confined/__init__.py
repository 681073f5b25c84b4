"""Foreign bytes are taken apart in a process of their own, which may die without harm.

``reading`` is the side of the program, ``child`` the process, ``tasks`` what it can do, and
``words`` what the two say to each other. See docs/security/hostile-files.md.
"""
