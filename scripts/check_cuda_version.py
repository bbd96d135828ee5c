#!/usr/bin/env python3
"""Does another release of CUDA compile the kernels?  Its NVRTC, which is a library, does it here: no nvcc of that release, no GPU.

    check_cuda_version.py FOLDER [--arch 80,90]

FOLDER: a toolkit, or what pip unpacked, for example of 12.4:
    pip install --no-deps --target FOLDER nvidia-cuda-nvrtc-cu12==12.4.127 nvidia-cuda-runtime-cu12==12.4.127 nvidia-cuda-nvcc-cu12==12.4.131 \\
        nvidia-cuda-cccl-cu12==12.4.127.post1 nvidia-curand-cu12==10.3.5.147 nvidia-cusparse-cu12==12.3.1.170

Kernels are those of tests/registers.toml; registers and spills are reported, not bounded (counts belong to a release).  Standard headers are libcu++'s.
Host sources that include CUDA's headers (.cpp; .cu needs nvcc) are checked by g++ -fsyntax-only.
Exit: 0 everything compiles and nothing spills, 1 not, 2 usage, 77 FOLDER has no NVRTC or misses headers.
"""

import ctypes
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

root = Path(__file__).resolve().parent.parent
# What libcu++ calls cuda::std is std here; memcpy and string_view are all that it does not have.
standard = "#pragma once\n#include <cuda/std/{0}>\nnamespace std {{ using namespace ::cuda::std; }}\nusing namespace cuda::std;\n"
headers = {name: standard.format(name) for name in ("cstdint", "cstddef", "type_traits", "bit")}
headers["cstring"] = "#pragma once\n#include <cstdint>\n"
headers["string_view"] = """#pragma once
#include <cstddef>
namespace std {
struct string_view {
    const char* data;
    unsigned long size = 0;
    constexpr string_view(const char* s) : data(s) { while (s[size]) ++size; }
    constexpr const char* begin() const { return data; }
    constexpr const char* end() const { return data + size; }
};
}
"""
headers["Random123/philox.h"] = "#pragma once\n"   # the host's half of models/base/random.hpp


def source():
    """Every kernel of the register table, instantiated."""
    table = tomllib.loads((root / "tests/registers.toml").read_text(encoding="utf-8"))
    kernels = [re.fullmatch(r"spikemass::arch::entry<(.*?) ?>\(.*\)", name) for names in table.values() if isinstance(names, dict) for name in names]
    kernels = [m[1] for m in kernels if m]
    includes = [p.relative_to(root) for p in sorted((root / "kernels/device").glob("*.hpp")) if "shim" not in p.name and not p.name.startswith("arch_")]
    lines = [f'#include "{p}"' for p in [*includes, "models/registry.hpp"]]
    lines.append("template <class K> __global__ void __launch_bounds__(K::max_threads) entry(const __grid_constant__ K kernel) { kernel(); }")
    for i, k in enumerate(kernels):
        lines += [f"using Kernel{i} = {k};", f"template __global__ void entry<Kernel{i}>(const __grid_constant__ Kernel{i});"]
    return "\n".join(lines) + "\n", len(kernels)


def compiled(nvrtc, text, options):
    """(succeeded, log)"""
    program, size = ctypes.c_void_p(), ctypes.c_size_t()
    if nvrtc.nvrtcCreateProgram(ctypes.byref(program), text.encode(), b"kernels.cu", 0, None, None) != 0:
        return False, "nvrtcCreateProgram failed"
    words = [o.encode() for o in options]
    code = nvrtc.nvrtcCompileProgram(program, len(words), (ctypes.c_char_p * len(words))(*words))
    nvrtc.nvrtcGetProgramLogSize(program, ctypes.byref(size))
    log = ctypes.create_string_buffer(size.value)
    nvrtc.nvrtcGetProgramLog(program, log)
    nvrtc.nvrtcDestroyProgram(ctypes.byref(program))
    return code == 0, log.value.decode(errors="replace")


def main():
    words = sys.argv[1:]
    architectures = ["80", "90"]
    if len(words) == 3 and words[1] == "--arch":
        architectures = words[2].split(",")
    elif len(words) != 1:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 2
    folder = Path(words[0]).resolve()
    libraries = [p for p in sorted(folder.rglob("libnvrtc.so*")) if "stubs" not in p.parts]
    places = {}
    for header in ("cuda_runtime.h", "crt/host_defines.h", "curand_philox4x32_x.h", "cuda/std/cstdint", "nv/target", "cusparse.h"):
        found = next((p for p in folder.rglob(header) if p.is_file()), None)
        if found:
            places[header] = str(found.parents[header.count("/")])
    missing = [h for h in ("cuda_runtime.h", "crt/host_defines.h", "curand_philox4x32_x.h", "cuda/std/cstdint", "nv/target") if h not in places]
    if not libraries or missing:
        print(f"{folder}: no {'libnvrtc.so' if not libraries else ', '.join(missing)} there; nothing was checked.")
        return 77
    include = [f"-I{p}" for p in dict.fromkeys(places.values())]
    os.chdir(root)   # NVRTC looks for includes where it runs, first of all
    nvrtc = ctypes.CDLL(str(libraries[0]))
    major, minor = ctypes.c_int(), ctypes.c_int()
    nvrtc.nvrtcVersion(ctypes.byref(major), ctypes.byref(minor))
    text, kernels = source()
    print(f"NVRTC {major.value}.{minor.value}: {kernels} kernels")
    good = kernels > 0
    with tempfile.TemporaryDirectory() as own:
        for name, content in headers.items():
            path = Path(own) / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(content)
        for architecture in architectures:
            ok, log = compiled(nvrtc, text, ["-std=c++20", f"-arch=sm_{architecture}", "-fmad=false", "-default-device", "-D__builtin_memcpy=memcpy", "--ptxas-options=-v", f"-I{root}", f"-I{own}", *include])
            registers = [int(n) for n in re.findall(r"Used (\d+) registers", log)]
            spills = [line for line in log.splitlines() if re.search(r"[1-9]\d* bytes spill", line)]
            ok = ok and len(registers) == kernels and not spills
            print(f"sm_{architecture}: " + (f"compiled, at most {max(registers)} registers, no spills" if ok else "FAILED\n" + "\n".join(spills or [log])))
            good &= ok
    for file in sorted(p for top in ("host", "tests", "bench") for p in (root / top).rglob("*.cpp")):
        wanted = re.findall(r'#include (?:<(cuda_runtime(?:_api)?|cusparse)\.h>|"host/cuda_check.hpp")', file.read_text(encoding="utf-8"))
        if not wanted or ("cusparse" in wanted and "cusparse.h" not in places):
            continue
        result = subprocess.run(["g++", "-std=c++20", "-fsyntax-only", "-DSPIKEMASS_CUDA_ARCHITECTURES=\"\"", f"-I{root}", *(i.replace("-I", "-isystem", 1) for i in include), str(file)], capture_output=True, text=True, errors="replace")
        print(f"{file.relative_to(root)}: " + ("compiles" if result.returncode == 0 else "FAILED\n" + result.stderr))
        good &= result.returncode == 0
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
