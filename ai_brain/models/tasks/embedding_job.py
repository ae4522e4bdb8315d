"""What a call for vectors asks for."""

from typing import NamedTuple

from ...engine.call.checks import RequestError
from ...engine.price import pricing
from ...engine.prompt.tokens import TokenCount, count_text
from ...engine.tasks.pieces import cut
from ...engine.tasks.vectors import mean, pack
from ...providers import EmbeddingRequest
from ...providers.openai_tasks import MOST_TOKENS
from ..call.job import Job

#: Refused before it is split, which takes long; pieces have fewer tokens by the blanks between.
SURELY_TOO_MANY = 4 * MOST_TOKENS


class Sent(NamedTuple):
    """Inputs as they are sent: each text, or its pieces. ``sizes``: the tokens of each;
    ``owners``: the place of the text that each belongs to."""

    inputs: list
    sizes: list
    owners: list


class EmbeddingJob(Job):
    """Vectors for texts, or for lists of token numbers."""

    def __init__(self, texts, dimensions=None, too_long="refuse", user=None):
        self.texts, self.dimensions, self.user = texts, dimensions, user
        self.splits = too_long == "split"
        self.identity = {"embed": texts, "dimensions": dimensions, "split": self.splits}
        #: what is sent to the provider that was looked at last
        self.sent = None
        self.length = dimensions
        self._counted = {}

    def _sizes(self, model_name, api_format):
        """Return the ``TokenCount`` of each text, counted once for a model."""
        key = model_name, api_format
        if key not in self._counted:
            self._counted[key] = [_count(one, *key) for one in self.texts]
        return self._counted[key]

    def count(self, model_name, api_format):
        counts = self._sizes(model_name, api_format)
        return TokenCount(
            sum(one.tokens for one in counts),
            all(one.exact for one in counts),
            sum(one.upper_bound for one in counts),
            counts[0].method,
        )

    def check(self, facts):
        """Cut what is longer than the model reads, or refuse it, as the call has chosen."""
        most = facts.context_window
        counts = self._sizes(facts.model_name, facts.api_format)
        inputs, sizes, owners = [], [], []
        bound = sum(one.upper_bound for one in counts)
        if self.splits and bound > SURELY_TOO_MANY:
            raise RequestError("task_all_length", tokens=bound, limit=MOST_TOKENS)
        for place, (text, count) in enumerate(zip(self.texts, counts, strict=True)):
            pieces = [(text, count.upper_bound)]
            if most and count.upper_bound > most:
                code = "task_text_length"
                figures = {"number": place + 1, "tokens": count.tokens, "limit": most}
                figures["name"] = facts.name
                if not self.splits:
                    raise RequestError(code, **figures)
                try:
                    pieces = self._pieces(text, most, facts)
                except ValueError as error:
                    raise RequestError(code, **figures) from error
            inputs += [piece for piece, _size in pieces]
            sizes += [size for _piece, size in pieces]
            owners += [place] * len(pieces)
        if sum(sizes) > MOST_TOKENS:
            raise RequestError("task_all_length", tokens=sum(sizes), limit=MOST_TOKENS)
        self.sent = Sent(inputs, sizes, owners)
        self.length = self.dimensions or facts.vector_length or None

    def _pieces(self, text, most, facts):
        if isinstance(text, list):
            return [
                (text[n : n + most], len(text[n : n + most])) for n in range(0, len(text), most)
            ]

        def size(piece):
            return _count(piece, facts.model_name, facts.api_format).upper_bound

        return [(piece, size(piece)) for piece in cut(text, most, size)]

    def request(self, model_name):
        return EmbeddingRequest(self.sent.inputs, model_name, self.length, self.user)

    def check_request(self, wire, request, base_url):
        wire.check_embedding(request, base_url)

    def ask(self, wire, endpoint, request):
        return wire.embed(endpoint, request)

    def may_replace(self, asked, other):
        """Vectors of two models cannot be compared: nobody else's are of use."""
        return asked.model_name == other.model_name and (
            asked.vector_length == other.vector_length or bool(self.dimensions)
        )

    def worst_case(self, target):
        return pricing.worst_case(
            max(target.count.upper_bound, sum(self.sent.sizes)), 0, target.price, long_cache=False
        )

    def asked_text(self):
        return "\n\n".join(one if isinstance(one, str) else str(one) for one in self.texts)

    def result(self, response, usage):
        """Return the vectors, packed: they stay in memory as long as the request's memo does."""
        whole, split = [], []
        of_text = [[] for _text in self.texts]
        for vector, size, owner in zip(
            response.vectors, self.sent.sizes, self.sent.owners, strict=True
        ):
            of_text[owner].append((vector, size))
        for place, found in enumerate(of_text):
            if len(found) > 1:
                tokens = sum(size for _vector, size in found)
                split.append({"index": place, "pieces": len(found), "tokens": tokens})
            whole.append(pack(found[0][0] if len(found) == 1 else mean(found)))
        return {
            "vectors": whole,
            "dimensions": len(response.vectors[0]) if response.vectors else 0,
            "split": split,
        }


def _count(text, model_name, api_format):
    if isinstance(text, list):  # of token numbers
        return TokenCount(len(text), True, len(text), "given")
    return count_text(text, model_name, api_format)
