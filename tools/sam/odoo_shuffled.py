"""odoo-bin with the tests in an order shuffled by $SAM_RANDOM_SEED.

Classes are shuffled, and the methods of a class within it: a class's set-up happens once.
"""

import os
import random


def shuffled(tests, seed):
    """The tests of Odoo's suite in another order, classes kept together."""
    source = random.Random(seed)
    classes = {}
    for test in tests:
        classes.setdefault((test.test_sequence, type(test)), []).append(test)
    groups = list(classes.values())
    source.shuffle(groups)
    for group in groups:
        source.shuffle(group)
    # Odoo runs suites by sequence: sorting is stable, so the shuffle holds within each
    groups.sort(key=lambda group: group[0].test_sequence)
    return [test for group in groups for test in group]


def main():
    """Patch the loader, then be odoo-bin."""
    os.environ["TZ"] = "UTC"  # as odoo-bin does
    import odoo.cli
    from odoo.tests import loader

    make_suite = loader.make_suite

    def make_shuffled_suite(*args, **kwargs):
        suite = make_suite(*args, **kwargs)
        return type(suite)(shuffled(list(suite), int(os.environ["SAM_RANDOM_SEED"])))

    loader.make_suite = make_shuffled_suite
    odoo.cli.main()


if __name__ == "__main__":
    main()
