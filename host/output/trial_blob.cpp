#include "host/output/trial_blob.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <type_traits>

#include <fmt/format.h>

#include "host/output/sha256.hpp"
#include "kernels/spike_statistics.hpp"
#include "models/base/error.hpp"

namespace spikemass::output {

static_assert(std::endian::native == std::endian::little, "journals are little endian: byte order must be swapped here on this machine");

namespace {

using nlohmann::json;

constexpr std::array<std::uint8_t, 6> magic = {'S', 'M', 'R', 'U', 'N', 0};
constexpr std::uint16_t version = 1;
constexpr std::size_t prefix_size = magic.size() + sizeof version + sizeof(std::uint64_t);

/// The arrays of a population, each named once.
template <class Bins, class Visit>
void for_each_array(Bins& bins, Visit&& visit) {
    visit("spike_count", bins.spike_count);
    visit("rate", bins.rate);
    visit("v", bins.v);
    visit("z_re", bins.z_re);
    visit("z_im", bins.z_im);
}

/// The scalars of a projection, each named once.
template <class Facts, class Visit>
void for_each_scalar(Facts& facts, Visit&& visit) {
    visit("synapses", facts.synapses);
    visit("k_mean", facts.k_mean);
    visit("k_var", facts.k_var);
    visit("degree_correlation", facts.degree_correlation);
    visit("graph_checksum", facts.graph_checksum);
    visit("effective_delay", facts.effective_delay);
    visit("weight", facts.weight);
    visit("weight_unit", facts.weight_unit);
    visit("format", facts.format);
}

/// The scalars of a run, each named once.
template <class Run, class Visit>
void for_each_run_scalar(Run& run, Visit&& visit) {
    visit("level", run.level);
    visit("backend", run.backend);
    visit("strategy", run.strategy);
    visit("digest", run.digest);
    visit("steps", run.steps);
    visit("synapses", run.synapses);
    visit("spikes", run.spikes);
    visit("build_seconds", run.build_seconds);
    visit("wall_seconds", run.wall_seconds);
    visit("capped_fraction", run.capped_fraction);
    visit("capped_rate_bound", run.capped_rate_bound);
    visit("warnings", run.warnings);
}

auto writer_to(json& j) {
    return [&j](const char* name, const auto& value) { j[name] = value; };
}
auto reader_from(const json& j) {
    return [&j](const char* name, auto& value) {
        if (const auto entry = j.find(name); entry != j.end()) entry->get_to(value);
    };
}

json describe(const Seeds& seeds, const RunResult& run) {
    json j = {{"seeds", {seeds.graph, seeds.init, seeds.noise}}};
    for_each_run_scalar(run, writer_to(j));
    j["populations"] = json::array();
    for (const auto& bins : run.populations) {
        json lengths;
        for_each_array(bins, [&](const char* name, const auto& array) { lengths[name] = array.size(); });
        j["populations"].push_back(std::move(lengths));
    }
    for (const SpikeStatistics& s : run.statistics) {
        json numbers;
        for (const auto& number : spike_statistics_list) numbers[number.name] = s.*number.member;
        j["statistics"].push_back(std::move(numbers));
    }
    j["projections"] = json::array();
    for (const auto& facts : run.projections) {
        json scalars;
        for_each_scalar(facts, writer_to(scalars));
        j["projections"].push_back(std::move(scalars));
    }
    return j;
}

void append(std::vector<std::uint8_t>& out, const void* data, std::size_t size) {
    const auto* bytes = static_cast<const std::uint8_t*>(data);
    out.insert(out.end(), bytes, bytes + size);
}

[[noreturn]] void damaged(const char* what) {
    throw IoError(fmt::format("a stored run is damaged ({}); `sweep --resume` drops it and computes it again.", what));
}

}  // namespace

std::vector<std::uint8_t> encode_run(const Seeds& seeds, const RunResult& run) {
    const auto description = json::to_cbor(describe(seeds, run));
    std::vector<std::uint8_t> out(magic.begin(), magic.end());
    append(out, &version, sizeof version);
    const std::uint64_t description_size = description.size();
    append(out, &description_size, sizeof description_size);
    append(out, description.data(), description.size());
    for (const auto& bins : run.populations)
        for_each_array(bins, [&](const char*, const auto& array) {
            static_assert(sizeof(array[0]) == 8);
            append(out, array.data(), 8 * array.size());
        });
    const auto checksum = sha256(out);
    append(out, checksum.data(), checksum.size());
    return out;
}

DecodedRun decode_run(std::span<const std::uint8_t> bytes) try {
    if (bytes.size() < prefix_size + sizeof(Sha256)) damaged("too short");
    if (!std::equal(magic.begin(), magic.end(), bytes.begin())) damaged("no run at its start");
    const auto content = bytes.first(bytes.size() - sizeof(Sha256));
    const auto checksum = sha256(content);
    if (!std::equal(checksum.begin(), checksum.end(), bytes.end() - sizeof(Sha256))) damaged("its checksum differs");
    std::uint16_t found = 0;
    std::memcpy(&found, content.data() + magic.size(), sizeof found);
    if (found != version)
        throw IoError(fmt::format("a stored run has format {}, this program reads {}; use the version that wrote it.", found, version));
    std::uint64_t description_size = 0;
    std::memcpy(&description_size, content.data() + magic.size() + sizeof version, sizeof description_size);
    if (description_size > content.size() - prefix_size) damaged("its description is cut");

    const auto* first = content.data() + prefix_size;
    const auto j = json::from_cbor(first, first + description_size);
    auto arrays = content.subspan(prefix_size + description_size);
    DecodedRun run;
    const auto& seeds = j.at("seeds");
    run.seeds = {seeds.at(0).get<std::uint64_t>(), seeds.at(1).get<std::uint64_t>(), seeds.at(2).get<std::uint64_t>()};
    for_each_run_scalar(run.result, reader_from(j));
    for (const auto& lengths : j.at("populations")) {
        auto& bins = run.result.populations.emplace_back();
        for_each_array(bins, [&](const char* name, auto& array) {
            const auto n = lengths.value(name, std::uint64_t{0});
            if (n > arrays.size() / 8) damaged("its arrays are cut");
            array.resize(n);
            if (n) std::memcpy(array.data(), arrays.data(), 8 * n);
            arrays = arrays.subspan(8 * n);
        });
    }
    if (const auto statistics = j.find("statistics"); statistics != j.end())
        for (const auto& numbers : *statistics) {
            SpikeStatistics& s = run.result.statistics.emplace_back();
            for (const auto& number : spike_statistics_list) numbers.at(number.name).get_to(s.*number.member);
        }
    for (const auto& scalars : j.at("projections")) for_each_scalar(run.result.projections.emplace_back(), reader_from(scalars));
    return run;
} catch (const nlohmann::json::exception&) {
    damaged("its description cannot be read");
}

}  // namespace spikemass::output
