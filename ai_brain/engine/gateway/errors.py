"""What is wrong with a request, by the name of its parameter."""


class BadRequest(ValueError):
    """A request that cannot be served as it is.

    ``message`` says what to change, in English as all protocols do; ``param`` is the path of what
    is wrong (``messages[2].content``), ``code`` a word for programs.
    """

    def __init__(self, message, param=None, code=None):
        super().__init__(message)
        self.message, self.param, self.code = message, param, code


def not_served(name, why):
    """The refusal of a parameter by its name.

    >>> not_served("n", "each answer is billed").message
    "'n' is not served here: each answer is billed."
    """
    return BadRequest(f"'{name}' is not served here: {why}.", name, "unsupported_parameter")


def invalid(param, should):
    """The refusal of a value.

    >>> str(invalid("max_tokens", "a whole number of 1 or more"))
    "'max_tokens' must be a whole number of 1 or more."
    """
    return BadRequest(f"'{param}' must be {should}.", param, "invalid_value")
