"""Limits of the confined process on Windows, set from outside by a job object."""

from __future__ import annotations

import ctypes
import subprocess
import sys

from clinic_desktop.confined import words

_EXTENDED_LIMITS = 9
_FLAGS = 0x100 | 0x400 | 0x2000
"""PROCESS_MEMORY, DIE_ON_UNHANDLED_EXCEPTION, KILL_ON_JOB_CLOSE."""


class _Basic(ctypes.Structure):
    _fields_ = [
        ("process_time", ctypes.c_int64),
        ("job_time", ctypes.c_int64),
        ("flags", ctypes.c_uint32),
        ("least_working_set", ctypes.c_size_t),
        ("most_working_set", ctypes.c_size_t),
        ("processes", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority", ctypes.c_uint32),
        ("scheduling", ctypes.c_uint32),
    ]


class _Extended(ctypes.Structure):
    _fields_ = [
        ("basic", _Basic),
        ("input_output", ctypes.c_uint64 * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("peak_process_memory", ctypes.c_size_t),
        ("peak_job_memory", ctypes.c_size_t),
    ]


def confine(process: subprocess.Popen[bytes]) -> None:
    """Put a process that was just started into a job; does nothing on other systems.

    The job is tied to the process object: when that goes, Windows ends what is left in it.
    """
    if sys.platform != "win32":
        return
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.CreateJobObjectW.restype = ctypes.c_void_p
    job = ctypes.c_void_p(kernel.CreateJobObjectW(None, None))
    limits = _Extended()
    limits.basic.flags = _FLAGS
    limits.process_memory = words.BYTES_MEMORY
    size = ctypes.sizeof(limits)
    kernel.SetInformationJobObject(job, _EXTENDED_LIMITS, ctypes.byref(limits), size)
    handle = ctypes.c_void_p(int(process._handle))  # noqa: SLF001 - the only way to it
    kernel.AssignProcessToJobObject(job, handle)
    process.job = job
