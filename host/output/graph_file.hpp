#pragma once
// Graphs as HDF5 files that topology from_file reads: compressed rows by source (docs/network-file.md, "Synapses from a file").

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace spikemass::output {

/// The synapses of one projection, by source.
struct GraphRows {
    std::string projection, source, target;      ///< names
    std::span<const std::uint64_t> indptr;       ///< [sources + 1]
    std::span<const std::uint32_t> indices;      ///< [synapses]: targets, ascending in each row
    std::span<const double> weights;             ///< [synapses], or empty: all are equal
};

/// A file with one group per projection.  It appears under its name when close() has ended well.
class GraphWriter {
public:
    explicit GraphWriter(const std::filesystem::path& file);
    GraphWriter(const GraphWriter&) = delete;
    GraphWriter& operator=(const GraphWriter&) = delete;
    ~GraphWriter();
    void add(const GraphRows&);   ///< Throws IoError.
    void close();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace spikemass::output
