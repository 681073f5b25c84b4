"""The errors a person can act on; anything else is a bug.

Each carries a stable ``code`` for scripts, an exit code for the command line, and
three sentences: what happened, what was kept, what to do next.
"""

from __future__ import annotations


class ClinicError(Exception):
    """Base of all expected errors. ``message`` is already translated."""

    code = "error"
    exit_code = 1

    def __init__(self, message: str, *, kept: str = "", hint: str = "", place: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.kept = kept
        self.hint = hint
        self.place = place

    def as_dict(self) -> dict[str, str]:
        """The error as the command line prints it with ``--json``."""
        parts = {"code": self.code, "message": self.message, "kept": self.kept}
        parts |= {"hint": self.hint, "place": self.place}
        return {key: value for key, value in parts.items() if value}

    def __str__(self) -> str:
        return " ".join(part for part in (self.message, self.kept, self.hint) if part)


class ValidationError(ClinicError):
    """A field holds something that cannot be stored. ``field`` names it."""

    code = "invalid"
    exit_code = 2

    def __init__(
        self, field: str, message: str, *, kept: str = "", hint: str = "", place: str = ""
    ) -> None:
        super().__init__(message, kept=kept, hint=hint, place=place or field)
        self.field = field


class NotFoundError(ClinicError):
    """It is not there, or not under the parent it was asked under."""

    code = "not-found"
    exit_code = 3


class PermissionDeniedError(ClinicError):
    """The signed-in person may not do this."""

    code = "permission"
    exit_code = 4


class ConfidentialError(PermissionDeniedError):
    """The chart is kept in confidence, and the person does not belong to its care team."""

    code = "confidential"


class StoredOnlyError(PermissionDeniedError):
    """The chart is only stored: the person had its use restricted."""

    code = "stored-only"


class StaleError(ClinicError):
    """It was changed by somebody else since the form was opened."""

    code = "stale"
    exit_code = 5


class RuleError(ClinicError):
    """The action contradicts a rule of the record (a signed note, an issued invoice)."""

    code = "rule"
    exit_code = 6


class WrongPasswordError(ClinicError):
    """User and password do not open the vault."""

    code = "wrong-password"
    exit_code = 7
    seconds = 0
    """Until the next attempt."""


class TooManyAttemptsError(ClinicError):
    """Too many wrong passwords; the next one is looked at later, or not at all."""

    code = "too-many-attempts"
    exit_code = 16

    def __init__(
        self, message: str, *, kept: str = "", hint: str = "", place: str = "", seconds: int = 0
    ) -> None:
        super().__init__(message, kept=kept, hint=hint, place=place)
        self.seconds = seconds
        """Until the next attempt; 0 where waiting does not help."""


class CodeNeededError(ClinicError):
    """The password is right; the code from the person's phone is missing."""

    code = "code-needed"
    exit_code = 17


class WrongCodeError(ClinicError):
    """The code is not the one that the person's phone shows now."""

    code = "wrong-code"
    exit_code = 18
    seconds = 0
    """Until the next attempt."""


class PasswordAgainError(ClinicError):
    """The password was typed too long ago for this action."""

    code = "password-again"
    exit_code = 19


class DeviceSecretError(ClinicError):
    """This PC's half of the key is gone; the recovery sheet opens the record."""

    code = "device-secret"
    exit_code = 15


class InUseError(ClinicError):
    """Another program holds the data folder."""

    code = "in-use"
    exit_code = 8


class DatabaseDamagedError(ClinicError):
    """The record or its key file cannot be read, or a check found a fault."""

    code = "damaged"
    exit_code = 9


class ShrunkenRecordError(DatabaseDamagedError):
    """A backup holds far fewer rows than the one before."""

    code = "shrunken"


class ReadOnlyError(ClinicError):
    """The record can only be looked at now: a newer program wrote it, or the disk is full."""

    code = "read-only"
    exit_code = 21


class NewerDatabaseError(ClinicError):
    """The key file or a backup was written by a newer program."""

    code = "newer"
    exit_code = 10


class StorageError(ClinicError):
    """Disk full, read-only folder, I/O error."""

    code = "storage"
    exit_code = 11


class SetupError(ClinicError):
    """The data folder or the installation lacks something it needs."""

    code = "setup"
    exit_code = 12


class BadFileError(ClinicError):
    """A file from outside cannot be taken. ``place`` is file and line."""

    code = "bad-file"
    exit_code = 13


class PrintError(ClinicError):
    """Paper could not be produced; the document itself is kept."""

    code = "print"
    exit_code = 14


class StoppedError(ClinicError):
    """The person at the PC stopped it before its end."""

    code = "stopped"
    exit_code = 20


class ServerError(ClinicError):
    """The server cannot be reached, or what it says is not to be believed."""

    code = "server"
    exit_code = 22


class AddressError(ServerError):
    """What is at the address of the server is not the practice's server, or nothing is."""


class NewerProgramError(ServerError):
    """What another PC sent has a form that only a newer program reads."""

    code = "newer-program"


class RevokedError(ServerError):
    """The practice has ended this PC's part in it."""

    code = "revoked"


class CopiedRecordError(ClinicError):
    """The record is a copy or an older state of one that went on: it sends nothing more."""

    code = "copied"
    exit_code = 23
