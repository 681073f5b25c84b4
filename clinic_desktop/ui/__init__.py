"""The Qt window; the only package that imports PySide6."""

from __future__ import annotations

import sys

import PySide6.QtCore  # noqa: F401 - makes the module that is changed here

# Qt for Python reads the source of every module loaded after it, to see whether it could ask for
# "snake_case" and the like, which nothing here does; Python then keeps what was read: 30 MB.
_features = sys.modules.get("shibokensupport.feature")
if _features is not None:
    vars(_features)["feature_imported"] = lambda _module: None
