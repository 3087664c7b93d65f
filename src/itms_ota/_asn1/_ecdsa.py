"""ECDSA over the curves P-256 and P-384 (FIPS 186-5, 6.4; the curves: SP 800-186, 3.2.1).

Everything here is public, so that nothing needs to take the same time whatever the numbers.
"""

from __future__ import annotations

from typing import NamedTuple

# X, Y and Z for the point (X / Z^2, Y / Z^3); Z is 0 for the point at infinity.
_Point = tuple[int, int, int]
_INFINITY: _Point = (1, 1, 0)


class Curve(NamedTuple):
    """The curve y^2 = x^3 - 3x + b over the integers modulo p, and a point on it whose multiples are n many."""

    p: int
    b: int
    n: int
    x: int
    y: int

    @property
    def size(self) -> int:
        """How many bytes a coordinate has."""
        return (self.p.bit_length() + 7) // 8

    def holds(self, x: int, y: int) -> bool:
        """Check that a point is on the curve, all of whose points are multiples of the base."""
        return x < self.p and y < self.p and (y * y - (x * x - 3) * x - self.b) % self.p == 0


P256 = Curve(
    p=2**256 - 2**224 + 2**192 + 2**96 - 1,
    b=0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    n=0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    x=0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    y=0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
P384 = Curve(
    p=2**384 - 2**128 - 2**96 + 2**32 - 1,
    b=0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
    n=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    x=0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
    y=0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
)


def verifies(curve: Curve, public: tuple[int, int], digest: bytes, r: int, s: int) -> bool:
    """Check a signature (r, s) of a digest with a public key, which is a point on the curve."""
    if not (0 < r < curve.n and 0 < s < curve.n):
        return False
    # The leftmost bits of the digest, as many as n has.
    number = int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - curve.n.bit_length())
    inverse = pow(s, -1, curve.n)
    x, _, z = _sum_of_multiples(curve, number * inverse % curve.n, r * inverse % curve.n, public)
    return z != 0 and x * pow(z, -2, curve.p) % curve.p % curve.n == r


def _sum_of_multiples(curve: Curve, first: int, second: int, point: tuple[int, int]) -> _Point:
    """Return `first` times the curve's own point plus `second` times another, both multiplied bit by bit at once."""
    base, other = (curve.x, curve.y, 1), (*point, 1)
    addends = (_INFINITY, base, other, _add(base, other, curve.p))
    total = _INFINITY
    for bit in reversed(range(max(first.bit_length(), second.bit_length()))):
        total = _double(total, curve.p)
        total = _add(total, addends[(first >> bit & 1) | (second >> bit & 1) << 1], curve.p)
    return total


def _double(point: _Point, p: int) -> _Point:
    x, y, z = point
    square = z * z % p
    slope = 3 * (x - square) * (x + square) % p
    y_square = y * y % p
    distance = 4 * x * y_square % p
    new_x = (slope * slope - 2 * distance) % p
    return new_x, (slope * (distance - new_x) - 8 * y_square * y_square) % p, 2 * y * z % p


def _add(first: _Point, second: _Point, p: int) -> _Point:
    if not first[2]:
        return second
    if not second[2]:
        return first
    (x1, y1, z1), (x2, y2, z2) = first, second
    square1, square2 = z1 * z1 % p, z2 * z2 % p
    u1, s1 = x1 * square2 % p, y1 * square2 * z2 % p
    width, height = (x2 * square1 - u1) % p, (y2 * square1 * z1 - s1) % p
    if not width:
        return _INFINITY if height else _double(first, p)
    width2 = width * width % p
    width3 = width2 * width % p
    x = (height * height - width3 - 2 * u1 * width2) % p
    return x, (height * (u1 * width2 - x) - s1 * width3) % p, z1 * z2 * width % p
