from . import test_kept_answers
