// golden_probe --check FILE | --write FILE: digests, states and records of the golden networks, over threads, instruction
// sets and storage formats; all must agree with each other and with the committed file.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>

#include "kernels/engine.hpp"
#include "models/base/random.hpp"
#include "tests/golden/networks.hpp"

namespace {

using namespace spikemass;

std::uint64_t hash_bytes(const std::string& bytes) { return name_key(bytes); }

std::string line(const golden::Case& c, int threads, const std::string& format) {
    const auto engine = make_cpu_engine(c.network, {threads, format});
    engine->advance(c.plan.warmup_steps);
    std::vector<PopulationBins> bins;
    engine->record(c.plan.bins, c.plan.steps_per_bin, c.plan.record, bins);
    std::ostringstream state;
    engine->save(state);
    std::string record;
    for (const PopulationBins& b : bins)
        for (const auto* column : {&b.rate, &b.v, &b.z_re, &b.z_im}) record.append(reinterpret_cast<const char*>(column->data()), column->size() * sizeof(double));
    std::uint64_t graphs = 0;
    for (const ProjectionFacts& p : engine->projections()) graphs += p.graph_checksum;
    char text[256];
    std::snprintf(text, sizeof text, "%-24s digest %016llx spikes %llu graph %016llx state %016llx record %016llx", c.name.c_str(),
                  static_cast<unsigned long long>(engine->digest()), static_cast<unsigned long long>(engine->spikes()), static_cast<unsigned long long>(graphs),
                  static_cast<unsigned long long>(hash_bytes(state.str())), static_cast<unsigned long long>(hash_bytes(record)));
    return text;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3 || (std::strcmp(argv[1], "--check") != 0 && std::strcmp(argv[1], "--write") != 0)) {
        std::fprintf(stderr, "usage: golden_probe --check FILE | --write FILE\n");
        return 2;
    }
    std::map<std::string, std::string> committed;
    const bool check = std::strcmp(argv[1], "--check") == 0;
    if (check) {
        std::ifstream in(argv[2]);
        for (std::string text; std::getline(in, text);) committed[text.substr(0, text.find(' '))] = text;
    }
    std::ofstream out;
    if (!check) out.open(argv[2]);
    int failures = 0, runs = 0;
    for (const golden::Case& c : golden::cases()) {
        std::string first;
        for (const char* isa : {"v4", "v3"})
            for (int threads : {1, 2, 7})
                for (const std::string& format : c.formats) {
                    setenv("SPIKEMASS_ISA", isa, 1);
                    const std::string text = line(c, threads, format);
                    if (first.empty()) first = check ? committed[c.name] : text;
                    ++runs;
                    if (text != first) {
                        ++failures;
                        std::printf("DIFFERS  isa %s, %d threads, format %s\n  expected %s\n  got      %s\n", isa, threads, format.c_str(), first.c_str(), text.c_str());
                    }
                }
        std::printf("%s\n", first.c_str());
        if (!check) out << first << '\n';
    }
    std::printf("%d runs, %d differ\n", runs, failures);
    return failures == 0 && runs > 0 ? 0 : 1;
}
