#include "host/input/synapse_file.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <tuple>
#include <vector>

#include "host/input/read_ahead.hpp"
#include "host/input/synapse_column.hpp"
#include "host/input/synapse_facts.hpp"
#include "host/output/hdf5_handle.hpp"

namespace spikemass::input {

namespace {

using output::Handle;
using output::Hdf5Session;

constexpr std::uint64_t block_synapses = 1 << 17;   // a few of them lie in the cache

bool exists(hid_t at, const std::string& name) { return H5Lexists(at, name.c_str(), H5P_DEFAULT) > 0; }

std::vector<std::string> children(hid_t group) {
    std::vector<std::string> names;
    H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr,
               [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
                   static_cast<std::vector<std::string>*>(out)->emplace_back(name);
                   return 0;
               },
               &names);
    return names;
}

bool is_group(hid_t at, const std::string& name) {
    const hid_t id = H5Oopen(at, name.c_str(), H5P_DEFAULT);
    if (id < 0) return false;
    const bool yes = H5Iget_type(id) == H5I_GROUP;
    H5Oclose(id);
    return yes;
}

/// What tells a file that has been written to from the one that was checked.
using Version = std::tuple<std::uint64_t, std::uint64_t, std::uint64_t, std::int64_t, std::int64_t>;
Version version_of(const std::filesystem::path& file) {
    struct stat s {};
    if (stat(file.c_str(), &s) != 0) return {};
    return {s.st_dev, s.st_ino, static_cast<std::uint64_t>(s.st_size), s.st_mtim.tv_sec, s.st_mtim.tv_nsec};
}

Handle open_file(const std::filesystem::path& file) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error)) throw IoError(fmt::format("{} cannot be read: there is no such file. Paths in a network file are relative to it.", file.string()));
    const hid_t id = H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    if (id < 0) throw IoError(fmt::format("{} cannot be read: it is not an HDF5 file, or damaged, or not readable. Write one with the datasets indptr and indices.", file.string()));
    return {id, H5Fclose, "opening a file"};
}

class SynapseFile final : public SynapseSource {
public:
    SynapseFile(std::filesystem::path file, const std::string& group, std::int64_t n_sources, std::int64_t n_targets)
        : file_(std::move(file)), version_(version_of(file_)), n_sources_(n_sources), n_targets_(n_targets) {
        name = file_.string();
        {
            const Hdf5Session session;
            find(open_file(file_), group);
        }
        SynapseFacts facts(*this, n_targets_, weights_.empty() ? "" : name + ":" + weights_);
        stream([&](const SynapseBlock& block) { facts.add(block); });
        if (synapses == 0) refuse(where_, "it has no synapses. A projection needs at least one: remove the projection, or check the file.");
        facts.finish();
        require_unchanged();
    }

    void read(const std::function<void(const SynapseBlock&)>& f) const override {
        require_unchanged();
        stream(f);
        require_unchanged();
    }

private:
    bool holds_graph(hid_t h5, const std::string& group) const {
        return is_group(h5, group) && (exists(h5, group + "/indptr") || exists(h5, group + "/indices") || exists(h5, group + "/source_node_id") || exists(h5, group + "/target_node_id"));
    }

    /// The group that holds the graph, and in which layout.
    void find(hid_t h5, const std::string& asked) {
        if (!asked.empty()) {
            group_ = asked.starts_with("/") ? asked : "/" + asked;
            while (group_.size() > 1 && group_.ends_with("/")) group_.pop_back();
            const bool there = group_ == "/" || (exists_path(h5, group_) && is_group(h5, group_));
            if (!there || !holds_graph(h5, group_)) refuse(name, fmt::format("there is no graph in {}: a group with the datasets indptr and indices, or source_node_id and target_node_id. {}", group_, listing(h5)));
        } else {
            const std::vector<std::string> found = graphs(h5);
            if (found.empty()) refuse(name, "it holds no graph: a group with the datasets indptr and indices, or source_node_id and target_node_id (SONATA). See docs/network-file.md.");
            if (found.size() > 1) refuse(name, fmt::format("it holds {} graphs. Say which with group = \"...\". {}", found.size(), listing(h5)));
            group_ = found.front();
        }
        where_ = name + ":" + (group_ == "/" ? "" : group_);
        sonata_ = exists(h5, group_ + "/source_node_id") || exists(h5, group_ + "/target_node_id");
        const auto need = [&](const char* dataset) {
            if (!exists(h5, group_ + "/" + dataset)) refuse(where_, fmt::format("the dataset {} is missing. A graph has indptr and indices, or source_node_id and target_node_id.", dataset));
        };
        need(sonata_ ? "source_node_id" : "indptr");
        need(sonata_ ? "target_node_id" : "indices");
        const std::string properties = sonata_ ? group_ + "/0" : group_;
        weights_ = properties + (sonata_ ? "/syn_weight" : "/weights");
        if (!exists_path(h5, weights_)) weights_.clear();
        for (const std::string& delays : {properties + "/delays", properties + "/delay"})
            if (exists_path(h5, delays))
                refuse(where_, fmt::format("{} gives every synapse a delay of its own, which this version does not have. Remove the dataset and set projection.NAME.delay, one for all synapses.", delays));
        if (sonata_ && is_group(h5, group_) && exists(h5, group_ + "/1")) refuse(where_, "it has several edge groups (0, 1, ...). Write all edges in group 0.");
        by_target_ = false;
        if (!sonata_ && H5Aexists_by_name(h5, group_.c_str(), "rows", H5P_DEFAULT) > 0) {
            const std::string rows = text_attribute(h5, "rows");
            if (rows != "source" && rows != "target") refuse(where_, fmt::format("the attribute rows is \"{}\". It must be \"source\" (the default) or \"target\".", rows));
            by_target_ = rows == "target";
        }
    }
    static bool exists_path(hid_t h5, const std::string& path) {
        for (std::size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
            if (!exists(h5, path.substr(0, at))) return false;
            if (at == std::string::npos) return true;
        }
    }
    std::vector<std::string> graphs(hid_t h5) const {
        std::vector<std::string> found;
        if (holds_graph(h5, "/")) return {"/"};
        for (const std::string& child : children(h5)) {
            const std::string path = "/" + child;
            if (!is_group(h5, path)) continue;
            if (holds_graph(h5, path)) found.push_back(path);
            if (child != "edges") continue;
            const Handle group(H5Gopen2(h5, path.c_str(), H5P_DEFAULT), H5Gclose, "opening a group");
            for (const std::string& population : children(group))
                if (holds_graph(h5, path + "/" + population)) found.push_back(path + "/" + population);
        }
        return found;
    }
    std::string listing(hid_t h5) const {
        const std::vector<std::string> found = graphs(h5);
        return found.empty() ? "The file holds none." : fmt::format("Graphs of the file: {}.", fmt::join(found, ", "));
    }
    std::string text_attribute(hid_t h5, const char* key) const {
        const Handle attribute(H5Aopen_by_name(h5, group_.c_str(), key, H5P_DEFAULT, H5P_DEFAULT), H5Aclose, "reading an attribute"), type(H5Aget_type(attribute), H5Tclose, "reading an attribute");
        if (H5Tget_class(type) != H5T_STRING) refuse(where_, fmt::format("the attribute {} must be text.", key));
        if (H5Tis_variable_str(type) > 0) {
            char* text = nullptr;
            if (H5Aread(attribute, type, &text) < 0 || !text) return "";
            const std::string out(text);
            H5free_memory(text);
            return out;
        }
        std::string text(H5Tget_size(type), '\0');
        if (H5Aread(attribute, type, text.data()) < 0) return "";
        return text.substr(0, text.find('\0'));
    }

    /// The file's datasets, open.
    struct Columns {
        Column partners;
        std::optional<Column> sources, weights;
        std::vector<std::int64_t> start;   ///< of rows; empty for SONATA
    };
    struct Piece {
        std::uint64_t first = 0, size = 0;
        Column::Raw partners, sources, weights;
    };

    void require_unchanged() const {
        if (version_of(file_) != version_) throw IoError(fmt::format("{} has changed since it was checked. Start again, and leave it alone meanwhile.", name));
    }

    Columns open_columns(hid_t h5) const {
        const Handle group(H5Gopen2(h5, group_.c_str(), H5P_DEFAULT), H5Gclose, "opening a group");
        Columns c{Column(group, sonata_ ? "target_node_id" : "indices", where_, true), {}, {}, {}};
        const std::uint64_t n = c.partners.size();
        if (sonata_) {
            c.sources.emplace(group, "source_node_id", where_, true);
            if (c.sources->size() != n) refuse(where_, fmt::format("source_node_id has {} elements and target_node_id {}. Both have one for every edge.", c.sources->size(), n));
        } else {
            c.start = pointers(group, n, static_cast<std::uint64_t>(by_target_ ? n_targets_ : n_sources_));
        }
        if (!weights_.empty()) {
            c.weights.emplace(h5, weights_.substr(1), name + ":", false);
            if (c.weights->size() != n) refuse(c.weights->where(), fmt::format("it has {} elements, and there are {} synapses. It must have one for each.", c.weights->size(), n));
        }
        return c;
    }

    /// A second thread reads, and is the only one here that calls HDF5; this one checks, and calls f with, what was read.
    void stream(const std::function<void(const SynapseBlock&)>& f) const {
        const Columns* columns = nullptr;
        ReadAhead<Piece> ahead([&](ReadAhead<Piece>& out) {
            const Hdf5Session session;
            const Handle h5 = open_file(file_);
            const Columns opened = open_columns(h5);
            columns = &opened;
            const ReadAhead<Piece>::UntilUsed wait{out};
            read_pieces(opened, out);
        });
        const auto ns = static_cast<std::uint64_t>(n_sources_), nt = static_cast<std::uint64_t>(n_targets_);
        std::vector<std::uint32_t> a, b;
        std::vector<double> w;
        std::size_t row = 0;
        while (const Piece* piece = ahead.take()) {
            const auto [first, n] = std::pair(piece->first, piece->size);
            const std::uint32_t *rows, *partners = columns->partners.indices(first, n, by_target_ ? ns : nt, by_target_ ? "the source population" : "the target population", piece->partners, b);
            if (sonata_) {
                rows = columns->sources->indices(first, n, ns, "the source population", piece->sources, a);
            } else {
                a.resize(n);
                fill_rows(columns->start, first, row, a);
                rows = a.data();
            }
            const std::span<const std::uint32_t> r(rows, n), p(partners, n);
            SynapseBlock block{by_target_ ? p : r, by_target_ ? r : p, {}};
            if (columns->weights) block.weight = {columns->weights->weights(n, piece->weights, w), n};
            f(block);
            ahead.used();
        }
    }
    static void read_pieces(const Columns& columns, ReadAhead<Piece>& out) {
        const std::uint64_t n = columns.partners.size();
        for (std::uint64_t first = 0; first < n; first += block_synapses) {
            Piece* piece = out.empty();
            if (!piece) return;
            piece->first = first;
            piece->size = std::min(block_synapses, n - first);
            columns.partners.read(first, piece->size, piece->partners);
            if (columns.sources) columns.sources->read(first, piece->size, piece->sources);
            if (columns.weights) columns.weights->read(first, piece->size, piece->weights);
            out.filled();
        }
    }
    /// Rows of the synapses from `first` on; `row`: that of the synapse before.
    static void fill_rows(const std::vector<std::int64_t>& start, std::uint64_t first, std::size_t& row, std::vector<std::uint32_t>& out) {
        for (std::uint64_t i = 0; i < out.size();) {
            while (static_cast<std::uint64_t>(start[row + 1]) <= first + i) ++row;
            const std::uint64_t end = std::min<std::uint64_t>(out.size(), static_cast<std::uint64_t>(start[row + 1]) - first);
            std::fill(out.data() + i, out.data() + end, static_cast<std::uint32_t>(row));
            i = end;
        }
    }
    /// Starts of the rows.
    std::vector<std::int64_t> pointers(hid_t group, std::uint64_t n, std::uint64_t rows) const {
        Column column(group, "indptr", where_, true);
        if (column.size() != rows + 1)
            refuse(column.where(), fmt::format("it has {} elements, and the {} population has {} neurons. It must have one more than there are rows; the attribute rows says whether these are sources or targets.",
                                               column.size(), by_target_ ? "target" : "source", rows));
        std::vector<std::int64_t> start = column.read_all();
        for (std::size_t i = 0; i < rows; ++i)
            if (start[i + 1] < start[i]) refuse(column.where(), fmt::format("element {} is {} and the next one {}. Row pointers must not decrease.", i, start[i], start[i + 1]));
        if (start.front() != 0 || static_cast<std::uint64_t>(start.back()) != n)
            refuse(column.where(), fmt::format("it runs from {} to {}, and indices has {} elements. It must run from 0 to their number.", start.front(), start.back(), n));
        return start;
    }

    std::filesystem::path file_;
    Version version_;   ///< when it was checked
    std::int64_t n_sources_, n_targets_;
    std::string group_, where_, weights_;   ///< where: file and group, for messages; weights: path of the dataset, or ""
    bool sonata_ = false, by_target_ = false;
};

}  // namespace

std::shared_ptr<const SynapseSource> open_synapses(const std::filesystem::path& file, const std::string& group, std::int64_t n_sources, std::int64_t n_targets) {
    if (n_sources >= 0xffffffff || n_targets >= 0xffffffff) throw CapacityError("Populations of stored graphs have fewer than 2^32 neurons. Use fewer neurons.");
    const auto key = std::tuple(file.string(), group, n_sources, n_targets, version_of(file));
    static std::mutex mutex;
    static std::map<std::remove_const_t<decltype(key)>, std::shared_ptr<const SynapseSource>> known;
    const std::lock_guard lock(mutex);
    auto& entry = known[key];
    if (!entry) entry = std::make_shared<SynapseFile>(file, group, n_sources, n_targets);
    return entry;
}

}  // namespace spikemass::input
