"""python3 -m unittest, in this folder."""

import unittest

from orders import Mistake, checked_order, health, is_refusal


class Orders(unittest.TestCase):
    def test_takes_a_product_and_a_quantity(self):
        self.assertEqual(checked_order({"product": 3, "quantity": 2}), (3, 2))
        self.assertEqual(checked_order({"product": 3}), (3, 1))

    def test_names_the_field_that_is_wrong(self):
        for body, field in [
            ([], "body"),
            ({}, "product"),
            ({"product": "3"}, "product"),
            ({"product": True}, "product"),
            ({"product": 3, "quantity": 0}, "quantity"),
            ({"product": 3, "quantity": 101}, "quantity"),
        ]:
            with self.assertRaisesRegex(Mistake, field):
                checked_order(body)

    def test_tells_a_refused_password_from_a_server_that_is_away(self):
        at = 'connection to server at "postgres" (10.0.1.5), port 5432 failed: '
        self.assertTrue(is_refusal(OSError(at + 'FATAL:  password authentication failed for user "shop_b"')))
        self.assertFalse(is_refusal(OSError(at + "Connection refused")))
        refused = type("ProbableAuthenticationError", (Exception,), {})
        self.assertTrue(is_refusal(refused("(403) ACCESS_REFUSED - Login was refused")))

    def test_health_names_what_is_away(self):
        status, report = health({"postgres": None, "rabbitmq": "connection refused"})
        self.assertEqual((status, report["status"]), (503, "unhealthy"))
        self.assertEqual(report["checks"], {"postgres": "ok", "rabbitmq": "failed"})
        self.assertEqual(health({"postgres": None})[0], 200)


if __name__ == "__main__":
    unittest.main()
