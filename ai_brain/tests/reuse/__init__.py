from . import test_judgements, test_kept_answers
