"""What an order is, and what may be wrong with one; no input or output."""

LARGEST_QUANTITY = 100


class Mistake(Exception):
    """Something the customer can mend."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def checked_order(body):
    """Product and quantity of a request, or a Mistake that names the field."""
    if not isinstance(body, dict):
        raise Mistake(400, "the body must be JSON with product and quantity")
    product = body.get("product")
    quantity = body.get("quantity", 1)
    if not is_number(product) or product < 1:
        raise Mistake(400, "product: must be the id of a product")
    if not is_number(quantity) or not 1 <= quantity <= LARGEST_QUANTITY:
        raise Mistake(400, f"quantity: must be 1 to {LARGEST_QUANTITY}")
    return product, quantity


def is_number(value):
    # True is an int in Python, and no quantity.
    return isinstance(value, int) and not isinstance(value, bool)


def is_refusal(error):
    """Whether PostgreSQL or RabbitMQ refuses a login, rather than being away. Of PostgreSQL the driver has no code for it, only the server's words."""
    refusals = ("ProbableAuthenticationError", "ProbableAccessDeniedError")
    return type(error).__name__ in refusals or "password authentication failed" in str(error)


def health(results):
    """Status and report from what each dependency said: None, or what is wrong."""
    checks = {name: "ok" if error is None else "failed" for name, error in results.items()}
    well = all(error is None for error in results.values())
    return (200 if well else 503), {"status": "healthy" if well else "unhealthy", "checks": checks}
