"""The relay: keeps sealed segments and hands them on. It can read none of them.

``practices`` is the files, ``relay`` what each call does, ``app`` the HTTP around it.
"""
