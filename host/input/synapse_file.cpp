#include "host/input/synapse_file.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <tuple>
#include <vector>

#include "host/output/hdf5_handle.hpp"
#include "kernels/synapse_hash.hpp"
#include "models/base/arithmetic.hpp"

namespace spikemass::input {

namespace {

using output::Handle;
using output::Hdf5Session;

constexpr std::uint64_t block_synapses = 1 << 20;

[[noreturn]] void refuse(const std::string& where, const std::string& what) { throw ConfigurationError(fmt::format("{}: {}", where, what)); }

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

/// A one-dimensional dataset of integers or of floating-point numbers, read in pieces.
class Column {
public:
    Column(hid_t group, const std::string& name, const std::string& where, bool integers) : where_(where + "/" + name), data_(H5Dopen2(group, name.c_str(), H5P_DEFAULT), H5Dclose, "opening a dataset") {
        const Handle space(H5Dget_space(data_), H5Sclose, "reading a dataset"), type(H5Dget_type(data_), H5Tclose, "reading a dataset");
        hsize_t n = 0;
        if (H5Sget_simple_extent_ndims(space) != 1) refuse(where_, "must have one dimension. Write a flat array.");
        H5Sget_simple_extent_dims(space, &n, nullptr);
        size_ = n;
        bytes_ = H5Tget_size(type);
        const H5T_class_t kind = H5Tget_class(type);
        if (integers ? kind != H5T_INTEGER || bytes_ > 8 : kind != H5T_FLOAT || bytes_ > 8)
            refuse(where_, fmt::format("must hold {}. Write it as {}.", integers ? "integers" : "floating-point numbers", integers ? "int32, uint32, int64 or uint64" : "float32 or float64"));
        signed_ = integers && H5Tget_sign(type) != H5T_SGN_NONE;
    }
    std::uint64_t size() const { return size_; }
    const std::string& where() const { return where_; }

    /// Integers of [first, first + n), which must lie in [0, limit).
    void read_indices(std::uint64_t first, std::uint64_t n, std::uint64_t limit, const char* of, std::uint32_t* out) {
        const auto check = [&](auto x, std::uint64_t i) {
            if (static_cast<std::uint64_t>(x) >= limit)
                refuse(where_, fmt::format("element {} is {}, and {} has {} neurons, counted from 0. Check the order of the populations and their sizes.", first + i, x, of, limit));
        };
        if (bytes_ <= 4) {
            read(first, n, signed_ || bytes_ < 4 ? H5T_NATIVE_INT32 : H5T_NATIVE_UINT32, out);
            std::uint32_t worst = 0;
            for (std::uint64_t i = 0; i < n; ++i) worst = std::max(worst, out[i]);
            if (worst >= limit)
                for (std::uint64_t i = 0; i < n; ++i) signed_ ? check(static_cast<std::int32_t>(out[i]), i) : check(out[i], i);
        } else {
            wide_.resize(n);
            read(first, n, signed_ ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64, wide_.data());
            std::uint64_t worst = 0;
            for (std::uint64_t i = 0; i < n; ++i) {
                worst = std::max(worst, wide_[i]);
                out[i] = static_cast<std::uint32_t>(wide_[i]);
            }
            if (worst >= limit)
                for (std::uint64_t i = 0; i < n; ++i) signed_ ? check(static_cast<std::int64_t>(wide_[i]), i) : check(wide_[i], i);
        }
    }
    std::vector<std::int64_t> read_all() {
        std::vector<std::int64_t> out(size_);
        read(0, size_, H5T_NATIVE_INT64, out.data());
        return out;
    }
    void read_weights(std::uint64_t first, std::uint64_t n, double* out) {
        if (bytes_ <= 4) {
            narrow_.resize(n);
            read(first, n, H5T_NATIVE_FLOAT, narrow_.data());
            std::copy(narrow_.begin(), narrow_.end(), out);
        } else {
            read(first, n, H5T_NATIVE_DOUBLE, out);
        }
    }

private:
    void read(std::uint64_t first, std::uint64_t n, hid_t type, void* out) {
        if (n == 0) return;
        const hsize_t at = first, count = n;
        const Handle file_space(H5Dget_space(data_), H5Sclose, "reading synapses"), memory(H5Screate_simple(1, &count, nullptr), H5Sclose, "reading synapses");
        output::require(H5Sselect_hyperslab(file_space, H5S_SELECT_SET, &at, nullptr, &count, nullptr), "reading synapses");
        if (H5Dread(data_, type, memory, file_space, H5P_DEFAULT, out) < 0) throw IoError(fmt::format("{} cannot be read: the file is cut short or damaged. Write it again.", where_));
    }

    std::string where_;
    Handle data_;
    std::uint64_t size_ = 0;
    std::size_t bytes_ = 0;
    bool signed_ = false;
    std::vector<std::uint64_t> wide_;
    std::vector<float> narrow_;
};

Handle open_file(const std::filesystem::path& file) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error)) throw IoError(fmt::format("{} cannot be read: there is no such file. Paths in a network file are relative to it.", file.string()));
    const hid_t id = H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    if (id < 0) throw IoError(fmt::format("{} cannot be read: it is not an HDF5 file, or damaged, or not readable. Write one with the datasets indptr and indices.", file.string()));
    return {id, H5Fclose, "opening a file"};
}

class SynapseFile final : public SynapseSource {
public:
    SynapseFile(std::filesystem::path file, const std::string& group, std::int64_t n_sources, std::int64_t n_targets) : file_(std::move(file)), n_sources_(n_sources), n_targets_(n_targets) {
        name = file_.string();
        const Hdf5Session session;
        const Handle h5 = open_file(file_);
        find(h5, group);
        check(h5);
    }

    void read(const std::function<void(const SynapseBlock&)>& f) const override {
        const Hdf5Session session;
        const Handle h5 = open_file(file_);
        read(h5, f);
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

    void read(hid_t h5, const std::function<void(const SynapseBlock&)>& f) const {
        const Handle group(H5Gopen2(h5, group_.c_str(), H5P_DEFAULT), H5Gclose, "opening a group");
        const auto ns = static_cast<std::uint64_t>(n_sources_), nt = static_cast<std::uint64_t>(n_targets_);
        Column partners(group, sonata_ ? "target_node_id" : "indices", where_, true);
        const std::uint64_t n = partners.size();
        if (synapses != 0 && n != synapses) throw IoError(fmt::format("{} has changed since it was checked: {} synapses instead of {}. Start again, and leave it alone meanwhile.", where_, n, synapses));
        std::optional<Column> sources, weights;
        std::vector<std::int64_t> start;
        if (sonata_) {
            sources.emplace(group, "source_node_id", where_, true);
            if (sources->size() != n) refuse(where_, fmt::format("source_node_id has {} elements and target_node_id {}. Both have one for every edge.", sources->size(), n));
        } else {
            start = pointers(group, n, by_target_ ? nt : ns);
        }
        if (!weights_.empty()) {
            weights.emplace(h5, weights_.substr(1), name + ":", false);
            if (weights->size() != n) refuse(weights->where(), fmt::format("it has {} elements, and there are {} synapses. It must have one for each.", weights->size(), n));
        }
        std::vector<std::uint32_t> a(std::min(n, block_synapses)), b(a.size());
        std::vector<double> w(weights ? a.size() : 0);
        std::size_t row = 0;
        for (std::uint64_t first = 0; first < n; first += block_synapses) {
            const std::uint64_t count = std::min(block_synapses, n - first);
            partners.read_indices(first, count, by_target_ ? ns : nt, by_target_ ? "the source population" : "the target population", b.data());
            if (sonata_) {
                sources->read_indices(first, count, ns, "the source population", a.data());
            } else {
                for (std::uint64_t i = 0; i < count;) {
                    while (static_cast<std::uint64_t>(start[row + 1]) <= first + i) ++row;
                    const std::uint64_t end = std::min(count, static_cast<std::uint64_t>(start[row + 1]) - first);
                    std::fill(a.data() + i, a.data() + end, static_cast<std::uint32_t>(row));
                    i = end;
                }
            }
            if (weights) weights->read_weights(first, count, w.data());
            const std::span<const std::uint32_t> rows(a.data(), count), columns(b.data(), count);
            f({by_target_ ? columns : rows, by_target_ ? rows : columns, {w.data(), weights ? count : 0}});
        }
    }
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

    /// Fills in the facts.
    void check(hid_t h5) {
        std::vector<std::uint32_t> indegree(static_cast<std::size_t>(n_targets_), 0);
        std::vector<double> absolute_sum;
        double sum = 0.0, squares = 0.0, first_weight = 0.0;
        largest_weight = 0.0;
        std::uint64_t last = 0;   // source and target
        bool repeats = false;
        sorted = true;
        read(h5, [&](const SynapseBlock& block) {
            const std::size_t n = block.source.size();
            bool falls = false;
            for (std::size_t i = 0; i < n; ++i) {
                const std::uint64_t now = static_cast<std::uint64_t>(block.source[i]) << 32 | block.target[i];
                falls |= now < last;
                repeats |= now == last && synapses + i > 0;
                last = now;
            }
            sorted &= !falls;
            for (std::size_t i = 0; i < n; ++i) ++indegree[block.target[i]];
            std::uint64_t hash = 0;
            if (block.weight.empty()) {
                for (std::size_t i = 0; i < n; ++i) hash += mix64(mix64(block.source[i]) + block.target[i]);
            } else {
                if (absolute_sum.empty()) absolute_sum.assign(static_cast<std::size_t>(n_targets_), 0.0);
                for (std::size_t i = 0; i < n; ++i) {
                    const double w = block.weight[i] + 0.0;   // -0 and 0 are one weight
                    if (!std::isfinite(w)) refuse(name + ":" + weights_, fmt::format("element {} is not a finite number. Every synapse needs a weight; leave out those that do not exist.", synapses + i));
                    hash += mix64(mix64(mix64(block.source[i]) + block.target[i]) + math::bits(w));
                    if (synapses + i == 0) first_weight = w;
                    sum += w - first_weight;
                    squares += (w - first_weight) * (w - first_weight);
                    const double size = std::abs(w);
                    largest_weight = std::max(largest_weight, size);
                    absolute_sum[block.target[i]] += size;
                    weighted |= w != first_weight;
                }
            }
            checksum += hash;
            synapses += n;
        });
        if (synapses == 0) refuse(where_, "it has no synapses. A projection needs at least one: remove the projection, or check the file.");
        const auto n = static_cast<double>(synapses), targets = static_cast<double>(n_targets_);
        double square = 0.0;
        for (std::uint32_t k : indegree) square += static_cast<double>(k) * k;
        indegree_variance = square / targets - (n / targets) * (n / targets);
        if (weights_.empty()) {
            largest_weight = 1.0;
            return;
        }
        mean_weight = first_weight + sum / n;
        weight_sd = std::sqrt(std::max(0.0, squares / n - (sum / n) * (sum / n)));
        weighted &= weight_sd > 0.0;
        sorted &= !weighted || !repeats;   // weights of one pair have an order, too
        for (double x : absolute_sum) largest_sum = std::max(largest_sum, x);
    }

    std::filesystem::path file_;
    std::int64_t n_sources_, n_targets_;
    std::string group_, where_, weights_;   ///< where: file and group, for messages; weights: path of the dataset, or ""
    bool sonata_ = false, by_target_ = false;
};

}  // namespace

std::shared_ptr<const SynapseSource> open_synapses(const std::filesystem::path& file, const std::string& group, std::int64_t n_sources, std::int64_t n_targets) {
    if (n_sources >= 0xffffffff || n_targets >= 0xffffffff) throw CapacityError("Populations of stored graphs have fewer than 2^32 neurons. Use fewer neurons.");
    std::error_code error;
    const auto size = std::filesystem::file_size(file, error);
    const auto time = std::filesystem::last_write_time(file, error);
    const auto key = std::tuple(file.string(), group, n_sources, n_targets, error ? 0 : size, error ? 0 : time.time_since_epoch().count());
    static std::mutex mutex;
    static std::map<std::decay_t<decltype(key)>, std::shared_ptr<const SynapseSource>> known;
    const std::lock_guard lock(mutex);
    auto& entry = known[key];
    if (!entry) entry = std::make_shared<SynapseFile>(file, group, n_sources, n_targets);
    return entry;
}

}  // namespace spikemass::input
