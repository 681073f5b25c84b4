"""The relay: keeps sealed segments and hands them on. It can read none of them.

``relay`` is what each call does, ``held`` the segments, ``app`` the HTTP around it. The rows of
``tables`` lie in ``files``, or in the database of ``postgres``.
"""
