#!/usr/bin/env python3
"""Rules of kernels/device: what kernels may use, so that the same source runs on GPUs and in the shim (docs/architecture.md)."""

import re
import sys
from pathlib import Path

root = Path(__file__).resolve().parent.parent
# These are the door to the machine and its host side.
exempt = re.compile(r"^(arch.*\.hpp|shim.*|launch\.cuh)$")

kernel_rules = [
    (r"<<<|\bcuda(?:LaunchKernel|LaunchCooperative)\w*", "launches a kernel; only launch.cuh does"),
    (r"\b(?:threadIdx|blockIdx|blockDim|gridDim|warpSize)\b", "uses CUDA's index; arch.hpp has thread_index(), block_index(), ..."),
    (r"\b__(?:sync\w*|threadfence\w*|barrier\w*|nanosleep)\b", "uses CUDA's barrier; arch.hpp has sync_block(), sync_warp(), ..."),
    (r"\b__(?:ballot|any|all|activemask|shfl|match|reduce)\w*", "uses a warp intrinsic; arch.hpp has ballot() and shuffles"),
    (r"\b__(?:popcl?l?|clzl?l?|ffsl?l?|u?mulhi|u?mul64hi|brev\w*|byte_perm|funnelshift\w*|ldg|ldc[gsa]|stc[gsa]|cvta\w*)\b", "uses an intrinsic; arch.hpp has popcount(), ..."),
    (r"\batomic(?:Add|Sub|Exch|Min|Max|Inc|Dec|CAS|And|Or|Xor)\w*", "uses CUDA's atomic; arch.hpp has atomic_add(), red_add(), ..."),
    (r"\b__shared__\b", "has shared memory of its own; Carve it from shared_memory()"),
    (r"\b(?:asm|__asm__|__asm)\b", "has inline assembly; that lives in arch_cuda.hpp"),
    (r"\b(?:__global__|__device__|__constant__|__managed__)", "uses CUDA's qualifier; SPIKEMASS_DEVICE or SPIKEMASS_HD"),
    (r"\b(?:cub|thrust|cooperative_groups|cg)::|#\s*include\s*<(?:cub|thrust|cooperative_groups|cuda)\b", "uses CUB, Thrust, cooperative groups or libcu++"),
    (r"\b(?:std::)?(?:f?printf|puts|assert)\s*\(", "prints"),
    (r"\b(?:malloc|free|calloc|realloc|alloca)\s*\(|\bnew\b|\bdelete\b(?!\s*[;,)])", "allocates"),
    (r"\b(?:tex[123]D\w*|texture|surf[123]D\w*|cudaTextureObject_t|cudaSurfaceObject_t)\b", "uses a texture"),
    (r"\blong\s+double\b", "uses long double"),
    (r"#\s*include\s*<c?math(?:\.h)?>", "includes libm; models/base/math.hpp has exact functions"),
    (r"(?<![\w.:>])(?:std::|::)(?:exp|exp2|expm1|log|log2|log10|log1p|pow|sqrt|cbrt|hypot|a?sinh?|a?cosh?|a?tanh?|atan2|fma|floor|ceil|round|trunc|rint|fmod|"
     r"remainder|fabs|abs|lround|llround|tgamma|lgamma|erfc?)f?\s*\(", "calls libm; models/base has exact functions"),
    (r"(?<![\w.:>])(?:expf?|exp2f?|expm1f?|logf?|log2f?|log10f?|log1pf?|powf?|sqrtf|sinf?|cosf?|tanf?|tanhf?|sinhf?|coshf?|atanf?|atan2f?|fmaf|floorf?|ceilf?|"
     r"roundf?|truncf?|rintf?|fmodf?|fabsf?|erff?|erfcf?)\s*\(", "calls libm; models/base has exact functions, by math::name"),
    (r"\b__(?:expf|logf|log2f|powf|sinf|cosf|fdividef|frcp\w*|fsqrt\w*|fdiv\w*|fma\w*|fmul\w*|fadd\w*|dadd\w*|dmul\w*|frsqrt\w*)\b", "uses a floating-point intrinsic; models/base/arithmetic.hpp has them"),
    (r"\b(?:try|catch|throw|typeid|dynamic_cast)\b|\bstd::(?:vector|string|function|map|atomic|mutex)\b", "uses what no GPU has"),
    (r"\bstatic\s+(?!constexpr\b|_?assert\b)(?!SPIKEMASS_(?:HD|DEVICE)\b)[\w:<>]+\s+\w+\s*(?:=|;|\{)", "has a static variable"),
]
# A loop that waits for other threads reads memory that they change.
waits = re.compile(r"\bload_acquire\s*\(")
loop = re.compile(r"\b(while|for|do)\b")


def without_comments(text):
    """Comments and literals blanked; lines keep their numbers."""
    blank = lambda m: re.sub(r"[^\n]", " ", m.group(0))
    return re.sub(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])'", lambda m: m.group(0) if is_include(text, m) else blank(m), text, flags=re.S)


def is_include(text, m):
    return text[text.rfind("\n", 0, m.start()) + 1:m.start()].lstrip().startswith("#")


def closing(text, start):
    """Index after the bracket that closes text[start]."""
    pairs = {"(": ")", "{": "}"}
    depth = 0
    for i in range(start, len(text)):
        if text[i] == text[start]:
            depth += 1
        elif text[i] == pairs[text[start]]:
            depth -= 1
            if depth == 0:
                return i + 1
    return len(text)


def loops(text):
    """(start, head, body) of every loop, innermost included."""
    for m in loop.finditer(text):
        i = m.end()
        while i < len(text) and text[i].isspace():
            i += 1
        if i == len(text):
            continue
        if m.group(1) == "do":
            if text[i] != "{":
                continue
            end = closing(text, i)
            tail = re.match(r"\s*while\s*", text[end:])
            head_at = end + tail.end() if tail else end
            yield m.start(), text[head_at:closing(text, head_at)] if tail else "", text[i:end]
        elif text[i] == "(":
            head_end = closing(text, i)
            j = head_end
            while j < len(text) and text[j].isspace():
                j += 1
            if m.group(1) == "while" and text[j:j + 1] == ";" and text[:m.start()].rstrip().endswith("}"):
                # the end of a do loop, unless the brace closes something else; a loop without body is judged by its head either way
                before = text[:m.start()].rstrip()
                if any(e == len(before) for e in do_ends(text)):
                    continue
            if text[j:j + 1] == "{":
                body = text[j:closing(text, j)]
            else:
                body = text[j:statement_end(text, j)]
            yield m.start(), text[i:head_end], body


def do_ends(text):
    return [closing(text, m.end() - 1) for m in re.finditer(r"\bdo\s*\{", text)]


def statement_end(text, start):
    """After the statement at start: a semicolon outside of brackets, or the block of a nested loop or condition."""
    i = start
    while i < len(text):
        if text[i] == "(":
            i = closing(text, i)
        elif text[i] == "{":
            return closing(text, i)
        elif text[i] == ";":
            return i + 1
        else:
            i += 1
    return len(text)


def check(name, text):
    """Lines 'name:number: what' for every broken rule."""
    code = without_comments(text)
    faults = []
    for number, line in enumerate(code.splitlines(), 1):
        for pattern, what in kernel_rules:
            found = re.search(pattern, line)
            if found:
                faults.append(f"{name}:{number}: {what}: {found.group(0).strip()}")
        for found in re.finditer(r"\bshared_memory\s*\(\s*\)", line):
            if not re.search(r"\bCarve\s*(?:\w+\s*)?[({]\s*(?:arch::)?$", line[:found.start()]):
                faults.append(f"{name}:{number}: uses shared_memory() for anything but Carve carve(shared_memory())")
    for start, head, body in loops(code):
        if waits.search(head + body) and not re.search(r"\bspin_yield\s*\(", head + body):
            faults.append(f"{name}:{code.count(chr(10), 0, start) + 1}: a loop that waits for other threads and does not call spin_yield()")
        if waits.search(head) and re.fullmatch(r"\(\s*[^;<]*\)", head):
            if not re.search(r"\b(break|return)\b", body):
                faults.append(f"{name}:{code.count(chr(10), 0, start) + 1}: a spin without a bound")
    return faults


# (a line of a kernel, what the complaint must say); None: no complaint.
planted = [
    ("kernel<<<1, 32>>>(x);", "launches"),
    ("if (threadIdx.x == 0) x = 1;", "index"),
    ("__syncthreads();", "barrier"),
    ("__syncwarp();", "barrier"),
    ("__threadfence();", "barrier"),
    ("auto m = __ballot_sync(0xffffffffu, p);", "warp intrinsic"),
    ("x = __shfl_down_sync(~0u, x, 1);", "warp intrinsic"),
    ("n = __popc(m);", "intrinsic"),
    ("x = __ldg(p);", "intrinsic"),
    ("atomicAdd(p, 1u);", "atomic"),
    ("__shared__ float a[32];", "shared memory"),
    ("extern __shared__ float a[];", "shared memory"),
    ('asm volatile("bar.sync 0;");', "assembly"),
    ("__device__ int counter;", "qualifier"),
    ("cub::BlockReduce<int> r;", "CUB"),
    ("#include <thrust/sort.h>", "CUB"),
    ("#include <cooperative_groups.h>", "CUB"),
    ('printf("%d", x);', "prints"),
    ("auto* p = malloc(4);", "allocates"),
    ("auto* p = new int[4];", "allocates"),
    ("float x = tex1Dfetch<float>(t, 1);", "texture"),
    ("long double x = 0;", "long double"),
    ("#include <cmath>", "libm"),
    ("float y = std::exp(x);", "libm"),
    ("float y = expf(x);", "libm"),
    ("double y = pow(x, 2);", "libm"),
    ("float y = __expf(x);", "floating-point"),
    ("float y = __fmaf_rn(x, x, x);", "floating-point"),
    ("throw 1;", "no GPU"),
    ("static int calls = 0;", "static variable"),
    ("auto* p = shared_memory();", "Carve"),
    ("while (load_acquire(p) == 0) {}", "spin_yield"),
    ("while (load_acquire(p) == 0);", "spin_yield"),
    ("for (u32 t = 0; t < bound && flag.load_acquire(0) == 0; ++t) x += 1;", "spin_yield"),
    ("do { x = load_acquire(p); } while (x == 0);", "spin_yield"),
    ("while (load_acquire(p) == 0) spin_yield();", "without a bound"),
    ("for (u32 t = 0; t < bound && flag.load_acquire(0) == 0; ++t) spin_yield();", None),
    ("do {\n x = load_acquire(p);\n spin_yield();\n} while (x == 0 && ++t < bound);", None),
    ("// __syncthreads() is sync_block() here; new, free(x), std::exp(x)", None),
    ('static constexpr const char* name = "printf(threadIdx)";', None),
    ("Carve carve(shared_memory());", None),
    ("Carve carve(arch::shared_memory());", None),
    ("static_assert(sizeof(T) == 4);", None),
    ("float y = math::exp(x) + math::sqrt(x) + model.log(x);", None),
    ("Update() = delete;", None),
    ("static SPIKEMASS_HD unsigned tile(u32 n) { return n; }", None),
    ("SPIKEMASS_HD static unsigned tile(u32 n) { return n; }", None),
    ("if (lane() == 0) base = count.add(0, popcount(mask));\nsync_block();\nconst u32 b = ballot(p);", None),
]


def self_test():
    wrong = []
    for line, expected in planted:
        found = check("planted", line)
        if expected is None and found:
            wrong.append(f"complains without reason about {line!r}: {found}")
        if expected is not None and not any(expected in f for f in found):
            wrong.append(f"does not say '{expected}' of {line!r}: {found}")
    for fault in wrong:
        print(fault)
    print(f"{len(planted)} planted lines, {len(wrong)} judged wrongly")
    return 1 if wrong else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    files = sorted(p for p in (root / "kernels/device").rglob("*") if p.suffix in {".hpp", ".inc"} and not exempt.match(p.name))
    files += [root / "tests/device/kernels.hpp", root / "tests/gpu/programs/numerics_kernel.hpp"]
    faults = [f for p in files for f in check(str(p.relative_to(root)), p.read_text())]
    # No second launcher in the library or the benchmarks; tests of the GPU alone, which the shim never runs, may have their own.
    for p in sorted(q for top in ("models", "kernels", "host", "bench") for q in (root / top).rglob("*") if q.suffix in {".hpp", ".cpp", ".cu", ".cuh"}):
        if p.name != "launch.cuh":
            for number, line in enumerate(without_comments(p.read_text()).splitlines(), 1):
                if re.search(r"<<<|\bcudaLaunch(?:Kernel|CooperativeKernel)\w*\s*\(", line):
                    faults.append(f"{p.relative_to(root)}:{number}: launches a kernel; only kernels/device/launch.cuh does")
    for fault in faults:
        print(fault)
    print(f"{len(files)} kernel headers, {len(faults)} broken rules")
    return 1 if faults else 0


sys.exit(main())
