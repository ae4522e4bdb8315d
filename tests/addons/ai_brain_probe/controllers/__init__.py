from . import constant
