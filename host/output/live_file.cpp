#include "host/output/live_file.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <limits>
#include <map>
#include <string>

#include <fcntl.h>
#include <fmt/format.h>
#include <hdf5.h>
#include <unistd.h>

#include "host/output/dataset_frame.hpp"
#include "host/output/files.hpp"
#include "host/output/hdf5_lock.hpp"
#include "host/output/layout.hpp"
#include "host/output/netcdf.hpp"
#include "models/base/error.hpp"

namespace spikemass::output {

namespace {

static_assert(std::endian::native == std::endian::little, "values are written as they are in memory");
constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr const char* names[] = {"rate", "v"};

/// A series of runs, in one piece on disk.
void define_series(int group, const char* name, const SweepHeader& header, const std::string& run_dimension) {
    const auto& spec = *std::find_if(std::begin(layout::run_variables), std::end(layout::run_variables), [&](const auto& v) { return v.name == std::string(name); });
    if (!layout::is_present(spec.presence, header)) return;
    const std::string doing = fmt::format("defining variable {}", name);
    std::vector<int> dimensions;
    for (const auto& dimension : layout::dimension_names(spec.shape, run_dimension)) dimensions.push_back(nc::find_dimension(group, dimension)->id);
    int id = -1;
    nc::check(nc_def_var(group, name, NC_FLOAT, static_cast<int>(dimensions.size()), dimensions.data(), &id), doing);
    nc::check(nc_def_var_chunking(group, id, NC_CONTIGUOUS, nullptr), doing);
    nc::check(nc_def_var_fill(group, id, NC_FILL, &nan), doing);
    nc::put_attribute(group, id, "units", layout::unit_name(spec.unit, header.time_unit));
    nc::put_attribute(group, id, "long_name", std::string(spec.long_name));
    if (run_dimension == "point" && !header.axes.empty()) nc::put_attribute(group, id, "coordinates", fmt::format("{}", fmt::join(layout::axis_names(header.axes), " ")));
    nc::put_slab(group, id, {0, 0, 0, 0}, {1, 1, 1, 1}, std::span<const float>(&nan, 1));   // HDF5 allocates the whole, and fills it
}

/// Where the values begin in the file.
std::map<std::string, std::uint64_t> offsets(const std::filesystem::path& file, const std::vector<std::string>& variables) {
    std::map<std::string, std::uint64_t> found;
    const hid_t id = H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    for (const std::string& name : variables) {
        const hid_t dataset = id < 0 ? -1 : H5Dopen2(id, name.c_str(), H5P_DEFAULT);
        const haddr_t at = dataset < 0 ? HADDR_UNDEF : H5Dget_offset(dataset);
        if (dataset >= 0) H5Dclose(dataset);
        if (at != HADDR_UNDEF) found[name] = at;
    }
    if (id >= 0) H5Fclose(id);
    if (found.size() != variables.size()) throw IoError(fmt::format("{}: the new file cannot be read back; the disk may be faulty.", file.string()));
    return found;
}

}  // namespace

struct LiveFile::State {
    std::filesystem::path path;
    std::size_t trials, bins, populations;
    double rate_scale;
    std::vector<std::vector<std::size_t>> equal;            // [point]: the points that its runs serve
    std::map<std::string, std::uint64_t> begin;             // "rate", "reference/v"
    int fd = -1;

    ~State() {
        if (fd >= 0) ::close(fd);
    }

    /// values [bin][population] of one run
    void put(const TrialId& id, const char* name, std::size_t first_bin, const std::vector<float>& values) {
        const bool reference = id.kind == RunKind::reference;
        const auto found = begin.find(reference ? std::string("reference/") + name : name);
        if (found == begin.end()) return;
        const std::vector<std::size_t> itself{static_cast<std::size_t>(id.index)};
        for (const std::size_t run : reference ? itself : equal.at(static_cast<std::size_t>(id.index))) {
            const std::uint64_t cell = ((run * trials + static_cast<std::size_t>(id.trial)) * bins + first_bin) * populations;
            const char* bytes = reinterpret_cast<const char*>(values.data());
            std::size_t left = values.size() * sizeof(float);
            std::uint64_t at = found->second + cell * sizeof(float);
            while (left > 0) {
                const ssize_t n = ::pwrite(fd, bytes, left, static_cast<off_t>(at));
                if (n < 0 && errno == EINTR) continue;
                if (n <= 0) throw IoError(fmt::format("{}: writing failed: {}", path.string(), io_reason(errno)));
                bytes += n;
                left -= static_cast<std::size_t>(n);
                at += static_cast<std::uint64_t>(n);
            }
        }
    }
};

LiveFile::LiveFile(const std::filesystem::path& path, const SweepHeader& h) : state_(std::make_unique<State>()) {
    const auto lock = hdf5_lock();
    State& s = *state_;
    s.path = path;
    s.trials = static_cast<std::size_t>(h.trials);
    s.bins = static_cast<std::size_t>(h.n_bins());
    s.populations = h.populations.size();
    s.rate_scale = layout::rate_scale(h.time_unit);
    s.equal.resize(h.points.size());
    for (std::int64_t p = 0; p < h.n_points(); ++p) s.equal[static_cast<std::size_t>(h.representative(p))].push_back(static_cast<std::size_t>(p));

    PartFile part(path);
    part.reserve(size_bound(h));
    auto file = nc::File::create(part.path());
    part.reserve(size_bound(h));
    const auto point = define_frame(file.id(), h);
    std::vector<std::string> variables;
    const auto define = [&](int group, const std::string& prefix, const std::string& run_dimension) {
        for (const char* name : names) {
            define_series(group, name, h, run_dimension);
            if (nc::find_variable(group, name)) variables.push_back(prefix + name);
        }
    };
    define(file.id(), "", "point");
    if (h.n_references() > 0) define(define_reference_frame(file.id(), h, point), "reference/", "reference_point");
    file.close();
    s.begin = offsets(part.path(), variables);
    s.fd = ::open(part.path().c_str(), O_RDWR | O_CLOEXEC);
    if (s.fd < 0) throw IoError(fmt::format("{}: opening the file failed: {}", path.string(), io_reason(errno)));
    part.commit();
}

LiveFile::~LiveFile() = default;

void LiveFile::write(const TrialId& id, std::int64_t first_bin, const std::vector<std::vector<double>>& rate, const std::vector<std::vector<double>>& v) {
    for (const auto& [name, series, scale] : {std::tuple{names[0], &rate, state_->rate_scale}, std::tuple{names[1], &v, 1.0}}) {
        if (series->empty()) continue;
        const std::size_t n = rate.front().size(), populations = state_->populations;
        std::vector<float> values(n * populations, nan);
        for (std::size_t p = 0; p < populations; ++p)
            for (std::size_t b = 0; b < series->at(p).size(); ++b) values[b * populations + p] = static_cast<float>(series->at(p)[b] * scale);
        state_->put(id, name, static_cast<std::size_t>(first_bin), values);
    }
}

void LiveFile::clear(const TrialId& id) {
    const std::vector<float> none(state_->bins * state_->populations, nan);
    for (const char* name : names) state_->put(id, name, 0, none);
}

void LiveFile::sync() {
    if (::fsync(state_->fd) != 0) throw IoError(fmt::format("{}: fsync failed: {}", state_->path.string(), io_reason(errno)));
}

std::uint64_t LiveFile::size_bound(const SweepHeader& h) {
    const auto runs = static_cast<std::uint64_t>(h.n_points() + h.n_references()) * static_cast<std::uint64_t>(h.trials);
    const auto bins = static_cast<std::uint64_t>(h.n_bins());
    return (std::uint64_t{1} << 20) + runs * bins * h.populations.size() * (h.record.v ? 8 : 4) + 64 * bins + h.network_toml.size() + h.resolved.dump().size() +
           256 * static_cast<std::uint64_t>(h.n_points()) * (1 + h.axes.size());
}

}  // namespace spikemass::output
