"""Formulas as sums of products: simplified, written in the grammar of models/closures/expression.hpp, evaluated, shortened.

A formula is a dict {monomial: coefficient}; a monomial is a sorted tuple of (factor, whole exponent), () for the constant; a factor is ("variable", name),
("sum", formula as sorted tuple) whose largest coefficient is 1, or ("call", function, formula as sorted tuple).
"""

import ast
import re

import numpy as np

FUNCTIONS = {"sqrt": np.sqrt, "exp": np.exp, "log": np.log, "tanh": np.tanh, "abs": np.abs}
NEGLIGIBLE = 1e-9   # of the largest coefficient of a sum


def number(value):
    return {(): value} if value != 0.0 else {}


def frozen(formula):
    return tuple(sorted(formula.items(), key=repr))


def add(a, b, sign=1.0):
    total = dict(a)
    for monomial, coefficient in b.items():
        total[monomial] = total.get(monomial, 0.0) + sign * coefficient
    largest = max(map(abs, (*a.values(), *b.values())), default=0.0)
    return {m: x for m, x in total.items() if abs(x) > NEGLIGIBLE * largest}


def factored(formula):
    """(coefficient, monomial) with a formula of several terms as one factor."""
    if not formula:
        return 0.0, ()
    if len(formula) == 1:
        ((monomial, coefficient),) = formula.items()
        return coefficient, monomial
    exponents = [dict(monomial) for monomial in formula]
    common = {}   # powers that every term has: b/x + a x is (b + a x^2)/x
    for factor in sorted({f for e in exponents for f in e}, key=repr):
        least = min(e.get(factor, 0) for e in exponents)
        if least:
            common[factor] = least
    rest = {}
    for each, coefficient in zip(exponents, formula.values()):
        rest[tuple(sorted(((f, each.get(f, 0) - common.get(f, 0)) for f in each.keys() | common.keys() if each.get(f, 0) != common.get(f, 0)), key=repr))] = coefficient
    lead = max(rest.values(), key=abs)
    common[("sum", frozen({m: x / lead for m, x in rest.items()}))] = 1
    return lead, tuple(sorted(common.items(), key=repr))


def multiply(a, b, power=1):
    """a b^power, power 1 or -1.  Sums are not multiplied out.  Errors: ZeroDivisionError."""
    (x, m), (y, n) = factored(a), factored(b)
    if power < 0 and y == 0.0:
        raise ZeroDivisionError
    if x == 0.0 or y == 0.0:
        return {}
    if a.keys() != {()} and b.keys() == {()}:   # a number times a sum stays a sum
        return {k: v * y**power for k, v in a.items()}
    if a.keys() == {()} and power > 0:
        return {k: v * x for k, v in b.items()}
    exponents = dict(m)
    for factor, exponent in n:
        exponents[factor] = exponents.get(factor, 0) + power * exponent
    product = tuple(sorted(((f, e) for f, e in exponents.items() if e), key=repr))
    if len(product) == 1 and product[0][0][0] == "sum" and product[0][1] == 1:   # a sum alone
        return {k: v * x * y**power for k, v in product[0][0][1]}
    return {product: x * y**power}


def call(function, argument):
    if argument.keys() <= {()}:
        with np.errstate(all="ignore"):
            return number(float(FUNCTIONS[function](argument.get((), 0.0))))
    return {((("call", function, frozen(argument)), 1),): 1.0}


def parse(text):
    """The formula of an infix text with + - * / ^ and functions.  Errors: ValueError for anything else, ZeroDivisionError."""
    def build(node):
        if isinstance(node, ast.Expression):
            return build(node.body)
        if isinstance(node, ast.Constant):
            return number(float(node.value))
        if isinstance(node, ast.Name):
            return {((("variable", node.id), 1),): 1.0}
        if isinstance(node, ast.UnaryOp):
            inner = build(node.operand)
            return multiply(inner, number(-1.0)) if isinstance(node.op, ast.USub) else inner
        if isinstance(node, ast.Call) and node.func.id in FUNCTIONS:
            return call(node.func.id, build(node.args[0]))
        if isinstance(node, ast.Call) and node.func.id == "square":
            inner = build(node.args[0])
            return multiply(inner, inner)
        if isinstance(node, ast.BinOp):
            a = build(node.left)
            if isinstance(node.op, ast.Pow):
                power = ast.literal_eval(node.right)
                result = number(1.0)
                for _ in range(abs(power)):
                    result = multiply(result, a, 1 if power > 0 else -1)
                return result
            b = build(node.right)
            if isinstance(node.op, (ast.Add, ast.Sub)):
                return add(a, b, 1.0 if isinstance(node.op, ast.Add) else -1.0)
            if isinstance(node.op, (ast.Mult, ast.Div)):
                return multiply(a, b, 1 if isinstance(node.op, ast.Mult) else -1)
        raise ValueError(f"{text!r}: {ast.dump(node)} is no part of a formula")
    return build(ast.parse(text.replace("^", "**"), mode="eval"))


def written_number(value):
    """Coefficients always have a point or an exponent: numbers without are part of the formula's form and are not fitted again."""
    text = f"{value:.7g}"
    return text if re.search(r"[.e]", text) else text + ".0"


def text_of(formula):
    """In the grammar of models/closures/expression.hpp."""
    def factor_text(factor, exponent):
        if factor[0] == "variable":
            body = factor[1]
        elif factor[0] == "call":
            body = f"{factor[1]}({text_of(dict(factor[2]))})"
        else:
            body = f"({text_of(dict(factor[1]))})"
        return body if exponent == 1 else f"{body}^{exponent}"

    parts = []
    for monomial, coefficient in ordered(formula):
        over = [factor_text(f, e) for f, e in monomial if e > 0]
        under = [factor_text(f, -e) for f, e in monomial if e < 0]
        size = abs(coefficient)
        head = ["1"] if size == 1.0 and not over else [] if size == 1.0 else [written_number(size)]
        body = "*".join(head + over) + "".join("/" + u for u in under)
        parts.append((("-" if coefficient < 0 else "") if not parts else (" - " if coefficient < 0 else " + ")) + body)
    return "".join(parts) or "0"


def length_of(text):
    """Numbers, variables, functions and operations of a text."""
    return len(re.findall(r"[\d.]+(?:e[+-]?\d+)?|[a-z_]\w*|[-+*/^]", text))


def ordered(formula):
    return sorted(formula.items(), key=lambda item: (len(repr(item[0])), repr(item[0])))


def source_of(formula, constants):
    """Python source with columns x["name"] and constants k[i], whose values are appended to `constants`: all coefficients but those that are 1."""
    terms = []
    for monomial, coefficient in ordered(formula):
        parts = []
        if coefficient != 1.0 or not monomial:
            parts.append("1.0" if coefficient == 1.0 else f"k[{len(constants)}]")
            if coefficient != 1.0:
                constants.append(coefficient)
        for factor, exponent in monomial:
            inner = f'x["{factor[1]}"]' if factor[0] == "variable" else f"({source_of(dict(factor[-1]), constants)})"
            parts.append((factor[1] + inner if factor[0] == "call" else inner) + (f"**{exponent}.0" if exponent != 1 else ""))
        terms.append("*".join(parts))
    return "+".join(terms) or "0.0"


def function_of(formula):
    """(function of columns and constants, constants)."""
    constants = []
    source = source_of(formula, constants)
    return eval(f"lambda x, k: {source}", dict(FUNCTIONS)), constants


def values(formula, columns):
    """On columns {name: array}."""
    function, constants = function_of(formula)
    return function(columns, constants)


def replaced(formula, new):
    """The formula with its constants taken from the iterator `new`, in the order of function_of."""
    out = {}
    for monomial, coefficient in ordered(formula):
        if coefficient != 1.0:
            coefficient = next(new)
        out[tuple((f if f[0] == "variable" else (*f[:-1], tuple(replaced(dict(f[-1]), new).items())), e) for f, e in monomial)] = coefficient
    return out


def denominators(formula):
    for monomial in formula:
        for factor, exponent in monomial:
            if exponent < 0:
                yield factor
            if factor[0] != "variable":
                yield from denominators(dict(factor[-1]))


def bounded(formula, columns, limit):
    """Whether it is finite and at most `limit` on a fine grid, and no denominator changes its sign there (a pole between two places)."""
    shape = next(iter(columns.values())).shape
    with np.errstate(all="ignore"):
        y = np.broadcast_to(values(formula, columns), shape)
        if not np.all(np.isfinite(y)) or np.max(np.abs(y)) > limit:
            return False
        for factor in denominators(formula):
            y = np.broadcast_to(values({((factor, 1),): 1.0}, columns), shape)
            if not (np.all(y > 0.0) or np.all(y < 0.0)):
                return False
    return True


def shorter(formula):
    """The formulas with one term less, anywhere."""
    for monomial in formula:
        if len(formula) > 1:
            yield {m: x for m, x in formula.items() if m != monomial}
        for i, (factor, exponent) in enumerate(monomial):
            if factor[0] == "variable":
                continue
            rest = tuple(monomial[:i] + monomial[i + 1:])
            for inner in shorter(dict(factor[-1])):
                base = multiply(number(1.0), inner) if factor[0] == "sum" else call(factor[1], inner)
                whole = {rest: formula[monomial]}
                try:
                    for _ in range(abs(exponent)):
                        whole = multiply(whole, base, 1 if exponent > 0 else -1)
                except ZeroDivisionError:
                    continue
                yield add({m: x for m, x in formula.items() if m != monomial}, whole)
