#include "tests/gpu/programs/program.hpp"

#include <cstdio>
#include <exception>
#include <fstream>
#include <vector>

namespace spikemass::programs {

namespace {

/// Whole or not at all.
bool write(const Json& json, const std::string& path) {
    const std::string part = path + ".part";
    bool written = false;
    {
        std::ofstream out(part, std::ios::trunc);
        out << json.dump(1, ' ', false, Json::error_handler_t::replace) << '\n';
        out.close();
        written = !out.fail();
    }
    if (written && std::rename(part.c_str(), path.c_str()) == 0) return true;
    std::remove(part.c_str());
    return false;
}

}  // namespace

std::string hex(std::uint64_t x) {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(x));
    return text;
}

int run_program(int argc, const char* const* argv, const std::string& name, const std::string& why_no_gpu, const std::function<bool(Json&)>& body) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (!words.empty() && (words.size() != 2 || words[0] != "--json" || words[1].empty())) {
        std::fprintf(stderr, "usage: %s [--json FILE]\n", name.c_str());
        return 2;
    }
    if (!why_no_gpu.empty()) {
        std::printf("%s: no GPU: %s Nothing was measured.\n", name.c_str(), why_no_gpu.c_str());
        return 77;
    }
    Json json{{"program", name}};
    bool agreed = false;
    try {
        agreed = body(json);
    } catch (const std::exception& e) {
        json["error"] = e.what();
        std::fprintf(stderr, "%s: %s\n", name.c_str(), e.what());
    }
    json["agreed"] = agreed;
    std::printf("%s: %s\n", name.c_str(), agreed ? "everything agreed" : "FAILED");
    if (!words.empty() && !write(json, words[1])) {
        std::fprintf(stderr, "%s: cannot write %s\n", name.c_str(), words[1].c_str());
        return 1;
    }
    return agreed ? 0 : 1;
}

}  // namespace spikemass::programs
