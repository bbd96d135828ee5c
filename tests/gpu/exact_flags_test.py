#!/usr/bin/env python3
"""exact_flags_test.py EXACT.ptx CANARY.ptx: with the flags of cmake/exact_float.cmake nothing is contracted, approximated or flushed to zero.

The canary is the same source with contraction allowed: if that contracts nothing, this test sees nothing.
"""

import re
import sys
from pathlib import Path

exact, canary = (re.findall(r"^\s+([a-z]\w*(?:\.\w+)*\.f(?:32|64))\s", Path(name).read_text(), re.M) for name in sys.argv[1:3])
arithmetic = sorted(i for i in exact if not i.startswith(("ld", "st", "mov")))
print(arithmetic)
assert arithmetic == sorted(f"{operation}.rn.{t}" for operation in ("mul", "add", "div", "sqrt") for t in ("f32", "f64")), exact
assert {"fma.rn.f32", "fma.rn.f64"} <= set(canary), canary
