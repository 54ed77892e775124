"""What is wrong with files, as its own kind of error."""


class BadFileError(ValueError):
    """Files of a release that cannot be used; each argument names one and says why."""

    def __str__(self) -> str:
        return "\n".join(map(str, self.args))
