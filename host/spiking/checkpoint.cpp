#include "host/spiking/checkpoint.hpp"

#include <algorithm>
#include <bit>

#include "host/spiking/archive.hpp"
#include "models/base/random.hpp"

namespace spikemass::spiking {

namespace {

/// Indices in the order of the names' keys: the file's order does not matter.
template <class Named>
std::vector<std::size_t> by_key(const std::vector<Named>& all) {
    std::vector<std::size_t> order(all.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return name_key(all[a].name) < name_key(all[b].name); });
    return order;
}

}  // namespace

std::uint64_t checkpoint_identity(const Network& n, std::span<const std::uint64_t> graph_checksums) {
    std::uint64_t h = mix64(std::bit_cast<std::uint64_t>(n.dt)) + mix64(n.seeds.graph + 1) + mix64(n.seeds.init + 2) + mix64(n.seeds.noise + 3);
    for (const Population& p : n.populations) h += mix64(mix64(name_key(p.name) + static_cast<std::uint64_t>(p.size)) + static_cast<std::uint64_t>(p.model));
    for (std::size_t i = 0; i < n.projections.size(); ++i) {
        const Projection& p = n.projections[i];
        h += mix64(mix64(name_key(p.name) + static_cast<std::uint64_t>(p.delay_steps)) + static_cast<std::uint64_t>(p.synapse.kind) + graph_checksums[i]);
    }
    return h;
}

void write_checkpoint(std::ostream& out, const Network& network, std::uint64_t identity, const Checkpoint& c) {
    ArchiveWriter w;
    w.value(identity);
    w.value(c.step);
    w.value(c.digest_low);
    w.value(c.digest_high);
    w.value(c.spikes);
    for (std::size_t i : by_key(network.populations)) {
        for (const auto& column : c.populations[i].columns) w.array(column.data(), column.size());
        for (const auto& ids : c.populations[i].spikes) w.array(ids.data(), ids.size());
    }
    for (std::size_t i : by_key(network.projections))
        if (!c.traces[i].empty()) w.array(c.traces[i].data(), c.traces[i].size());
    w.finish(out);
}

Checkpoint read_checkpoint(std::istream& in, const Network& network, std::uint64_t identity, const Checkpoint& expected) {
    ArchiveReader r(in);
    if (r.value<std::uint64_t>() != identity)
        throw ConfigurationError("checkpoint: it was saved from another network (names, sizes, models, graphs, seeds or dt differ). Load it into the network that wrote it.");
    Checkpoint c = expected;
    c.step = r.value<std::int64_t>();
    c.digest_low = r.value<std::uint32_t>();
    c.digest_high = r.value<std::uint32_t>();
    c.spikes = r.value<std::uint64_t>();
    for (std::size_t i : by_key(network.populations)) {
        for (auto& column : c.populations[i].columns) r.array(column.data(), column.size());
        for (auto& ids : c.populations[i].spikes) {
            ids = r.array<std::uint32_t>();
            for (std::uint32_t id : ids)
                if (id >= network.populations[i].size) ArchiveReader::damaged("a spike names a neuron that does not exist");
        }
    }
    for (std::size_t i : by_key(network.projections))
        if (!c.traces[i].empty()) r.array(c.traces[i].data(), c.traces[i].size());
    return c;
}

}  // namespace spikemass::spiking
