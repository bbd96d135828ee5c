#include "host/output/sonata.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <hdf5.h>

#include "host/output/files.hpp"
#include "host/output/hdf5_handle.hpp"
#include "models/base/error.hpp"

namespace spikemass::output {

namespace {

constexpr hsize_t chunk_spikes = 1 << 16;
constexpr unsigned deflate_level = 1;
constexpr std::uint64_t metadata_room = 1 << 20;   // what HDF5 may still hold back when its file looks finished
constexpr std::uint32_t sonata_magic = 0x0A7A;
constexpr std::uint32_t sonata_version[2] = {0, 1};

/// The format's enumeration {none, by_id, by_time}.
void write_sorting(hid_t group, std::uint8_t value) {
    const Handle type(H5Tenum_create(H5T_NATIVE_UINT8), H5Tclose, "writing the attribute sorting");
    const std::pair<const char*, std::uint8_t> members[] = {{"none", 0}, {"by_id", 1}, {"by_time", 2}};
    for (const auto& [name, number] : members) require(H5Tenum_insert(type, name, &number), "writing the attribute sorting");
    const Handle scalar(H5Screate(H5S_SCALAR), H5Sclose, "writing the attribute sorting");
    write_attribute(group, "sorting", type, scalar, &value);
}

Handle create_column(hid_t group, const char* name, hid_t type) {
    const hsize_t none = 0, unlimited = H5S_UNLIMITED;
    const Handle space(H5Screate_simple(1, &none, &unlimited), H5Sclose, "creating a spike column");
    const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "creating a spike column");
    require(H5Pset_chunk(properties, 1, &chunk_spikes), "creating a spike column");
    require(H5Pset_shuffle(properties), "creating a spike column");
    require(H5Pset_deflate(properties, deflate_level), "creating a spike column");
    require(H5Pset_fletcher32(properties), "creating a spike column");
    return {H5Dcreate2(group, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT), H5Dclose, "creating a spike column"};
}

template <class T>
void extend_column(hid_t column, hid_t type, hsize_t at, const std::vector<T>& values) {
    const hsize_t n = values.size(), end = at + n;
    require(H5Dset_extent(column, &end), "writing spikes");
    const Handle file_space(H5Dget_space(column), H5Sclose, "writing spikes");
    require(H5Sselect_hyperslab(file_space, H5S_SELECT_SET, &at, nullptr, &n, nullptr), "writing spikes");
    const Handle memory(H5Screate_simple(1, &n, nullptr), H5Sclose, "writing spikes");
    require(H5Dwrite(column, type, memory, file_space, H5P_DEFAULT, values.data()), "writing spikes");
}

struct Column {
    Handle group, timestamps, node_ids;
    std::vector<double> times;
    std::vector<std::uint64_t> ids;
    hsize_t written = 0;
    std::int64_t last_step = 0;
    bool by_time = true;

    void flush(PartFile& part) {
        if (ids.empty()) return;
        const Hdf5Session session;
        part.reserve(part.size() + 17 * ids.size() + metadata_room);   // a full disk is met here, not inside HDF5
        extend_column(timestamps, H5T_NATIVE_DOUBLE, written, times);
        extend_column(node_ids, H5T_NATIVE_UINT64, written, ids);
        written += ids.size();
        times.clear();
        ids.clear();
    }
};

}  // namespace

struct SpikeWriter::State {
    PartFile part;
    double dt;
    Handle file;
    std::vector<Column> columns;   // closed before the file, the file before the part

    State(const std::filesystem::path& path, double step) : part(path), dt(step) {}

    void push(Column& column, std::int64_t step, std::uint64_t id) {
        column.by_time = column.by_time && step >= column.last_step;
        column.last_step = step;
        column.times.push_back(static_cast<double>(step) * dt);
        column.ids.push_back(id);
        if (column.ids.size() >= chunk_spikes) column.flush(part);
    }
};

SpikeWriter::SpikeWriter(const std::filesystem::path& path, const std::vector<std::string>& populations, const std::string& time_unit, double dt) {
    const Hdf5Session session;
    state_ = std::make_unique<State>(path, dt);
    auto& s = *state_;
    s.part.reserve(metadata_room + 65536 * populations.size());
    const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "creating a spike file");
    require(H5Pset_fclose_degree(access, H5F_CLOSE_STRONG), "creating a spike file");
    s.file = Handle(H5Fcreate(s.part.path().c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access), H5Fclose, "creating a spike file");
    s.part.reserve(metadata_room + 65536 * populations.size());   // creating has emptied the file
    const Handle scalar(H5Screate(H5S_SCALAR), H5Sclose, "creating a spike file");
    const hsize_t two = 2;
    const Handle pair(H5Screate_simple(1, &two, nullptr), H5Sclose, "creating a spike file");
    write_attribute(s.file, "magic", H5T_NATIVE_UINT32, scalar, &sonata_magic);
    write_attribute(s.file, "version", H5T_NATIVE_UINT32, pair, sonata_version);
    const Handle spikes(H5Gcreate2(s.file, "spikes", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose, "creating a spike file");
    for (const auto& name : populations) {
        auto& column = s.columns.emplace_back();
        column.group = Handle(H5Gcreate2(spikes, name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose, "creating a spike file");
        column.timestamps = create_column(column.group, "timestamps", H5T_IEEE_F64LE);
        column.node_ids = create_column(column.group, "node_ids", H5T_STD_U64LE);
        write_text_attribute(column.timestamps, "units", time_unit);
    }
}

SpikeWriter::~SpikeWriter() {
    const Hdf5Session session;
    state_.reset();
}
SpikeWriter::SpikeWriter(SpikeWriter&&) noexcept = default;

void SpikeWriter::append(std::size_t population, std::int64_t step, std::span<const std::uint32_t> ids) {
    for (const auto id : ids) state_->push(state_->columns.at(population), step, id);
}

void SpikeWriter::append(std::size_t population, std::int64_t step, std::span<const std::int64_t> ids) {
    for (const auto id : ids) state_->push(state_->columns.at(population), step, static_cast<std::uint64_t>(id));
}

void SpikeWriter::append(std::size_t population, std::span<const std::int64_t> steps, std::span<const std::int64_t> ids) {
    if (steps.size() != ids.size()) throw Error(ExitCode::runtime, "SpikeWriter: steps and ids must have the same length.");
    for (std::size_t i = 0; i < ids.size(); ++i) state_->push(state_->columns.at(population), steps[i], static_cast<std::uint64_t>(ids[i]));
}

void SpikeWriter::close() {
    const Hdf5Session session;
    auto& s = *state_;
    for (auto& column : s.columns) {
        column.flush(s.part);
        write_sorting(column.group, column.by_time ? 2 : 0);
    }
    s.columns.clear();
    require(H5Fclose(s.file.release()), "writing the spike file");
    s.part.commit();
}

namespace {

template <class T>
std::vector<T> read_column(hid_t group, const std::string& where, const char* name, hid_t type, H5T_class_t kind) {
    if (H5Lexists(group, name, H5P_DEFAULT) <= 0) throw IoError(where + ": has no column " + name + "; this is no SONATA file of spikes, or a damaged one.");
    const Handle data(H5Dopen2(group, name, H5P_DEFAULT), H5Dclose, "opening a spike column");
    const Handle space(H5Dget_space(data), H5Sclose, "reading spikes"), stored(H5Dget_type(data), H5Tclose, "reading spikes");
    hsize_t n = 0;
    if (H5Sget_simple_extent_ndims(space) != 1 || H5Tget_class(stored) != kind) throw IoError(where + ": the column " + name + " is not a flat array of numbers as SONATA has it; the file is damaged.");
    H5Sget_simple_extent_dims(space, &n, nullptr);
    std::vector<T> values(n);
    if (n > 0 && H5Dread(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0) throw IoError(where + ": the column " + name + " cannot be read to its end; the file is damaged.");
    return values;
}

std::string units_of(hid_t group) {
    const Handle data(H5Dopen2(group, "timestamps", H5P_DEFAULT), H5Dclose, "opening a spike column");
    if (H5Aexists(data, "units") <= 0) return "";
    const Handle attribute(H5Aopen(data, "units", H5P_DEFAULT), H5Aclose, "reading an HDF5 attribute"), type(H5Aget_type(attribute), H5Tclose, "reading an HDF5 attribute");
    if (H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) > 0) return "";
    std::string text(H5Tget_size(type), '\0');
    require(H5Aread(attribute, type, text.data()), "reading an HDF5 attribute");
    return text.c_str();
}

}  // namespace

SpikeFileContent read_spike_file(const std::filesystem::path& path) {
    const Hdf5Session session;
    const hid_t id = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    if (id < 0) throw IoError(path.string() + ": cannot be opened as HDF5; it is no file of spikes, or damaged.");
    const Handle file(id, H5Fclose, "opening a spike file");
    if (H5Lexists(file, "spikes", H5P_DEFAULT) <= 0) throw IoError(path.string() + ": has no group spikes; this is no SONATA file of spikes, or a damaged one.");
    const Handle spikes(H5Gopen2(file, "spikes", H5P_DEFAULT), H5Gclose, "opening a spike file");
    std::vector<std::string> names;
    require(H5Literate(spikes, H5_INDEX_NAME, H5_ITER_INC, nullptr,
                       [](hid_t, const char* name, const H5L_info_t*, void* list) -> herr_t {
                           static_cast<std::vector<std::string>*>(list)->push_back(name);
                           return 0;
                       }, &names), "listing a spike file");
    SpikeFileContent content;
    for (const std::string& name : names) {
        const std::string where = fmt::format("{}, /spikes/{}", path.string(), name);
        const Handle group(H5Gopen2(spikes, name.c_str(), H5P_DEFAULT), H5Gclose, "opening a spike file");
        const auto times = read_column<double>(group, where, "timestamps", H5T_NATIVE_DOUBLE, H5T_FLOAT);
        const auto ids = read_column<std::uint64_t>(group, where, "node_ids", H5T_NATIVE_UINT64, H5T_INTEGER);
        if (times.size() != ids.size()) throw IoError(fmt::format("{}: {} timestamps and {} node_ids; the file is damaged.", where, times.size(), ids.size()));
        auto& p = content.populations.emplace_back();
        p.name = name;
        p.spikes = ids.size();
        if (!ids.empty()) {
            p.largest_id = *std::max_element(ids.begin(), ids.end());
            const auto [first, last] = std::minmax_element(times.begin(), times.end());
            p.first = *first;
            p.last = *last;
        }
        content.time_unit = units_of(group);
    }
    return content;
}

}  // namespace spikemass::output
