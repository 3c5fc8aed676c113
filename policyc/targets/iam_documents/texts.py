"""The texts of an IAM document with their wildcards and variables, from the engine's pieces to the IR's and back."""

from __future__ import annotations

from functools import lru_cache

from policyc.engines.iam.globs import Wild as NativeWild
from policyc.engines.iam.globs import fold
from policyc.engines.iam.switches import Switches
from policyc.engines.iam.variables import Template, VariableError, read_template
from policyc.engines.iam.variables import Variable as NativeVariable
from policyc.ir.authz import Glob, Tokens, Variable
from policyc.ir.pattern import Wild
from policyc.record import record
from policyc.targets.iam_documents.kinds import DocumentKind
from policyc.text import Span


@record
class Reading:
    """How the texts of one document are read: its kind, whether `${…}` is a variable, and the choices where AWS is silent."""

    kind: DocumentKind
    expands: bool
    switches: Switches

    def glob(self, text: str, span: Span, *, wildcards: bool, variables: bool = True) -> Glob:
        """A text with its wildcards and variables; a malformed variable is plain text."""
        return Glob(text, _read(text, wildcards, variables and self.expands), span)


@lru_cache(maxsize=4096)  # documents repeat themselves
def _read(text: str, wildcards: bool, variables: bool) -> Tokens:
    try:
        return tokens_of(read_template(text, wildcards=wildcards, variables=variables))
    except VariableError:
        return tokens_of(read_template(text, wildcards=wildcards, variables=False))


def tokens_of(template: Template) -> Tokens:
    """The engine's pieces of a text as the IR's."""
    return tuple([piece if isinstance(piece, str) else _piece_of(piece) for piece in template])


def _piece_of(piece: NativeVariable | NativeWild) -> Variable | Wild:
    return Variable(piece.spelled, piece.default) if isinstance(piece, NativeVariable) else Wild(piece.value)


def native_tokens(tokens: Tokens) -> Template:
    """The IR's pieces of a text as the engine's."""
    return tuple(
        NativeVariable(fold(piece.key), piece.key, piece.default)
        if isinstance(piece, Variable)
        else NativeWild(piece.value)
        if isinstance(piece, Wild)
        else piece
        for piece in tokens
    )
