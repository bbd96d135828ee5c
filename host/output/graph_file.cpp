#include "host/output/graph_file.hpp"

#include "host/output/hdf5_handle.hpp"

namespace spikemass::output {

namespace {

constexpr const char* doing = "writing a graph file";
constexpr std::uint64_t metadata_room = 1 << 20;   // what HDF5 may still hold back when its file looks finished

template <class T>
void write_column(hid_t group, const char* name, hid_t stored, hid_t native, std::span<const T> values) {
    const hsize_t n = values.size();
    const Handle space(H5Screate_simple(1, &n, nullptr), H5Sclose, doing), column(H5Dcreate2(group, name, stored, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Dclose, doing);
    if (n) require(H5Dwrite(column, native, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), doing);
}

}  // namespace

struct GraphWriter::Impl {
    PartFile part;
    Handle file;
    explicit Impl(const std::filesystem::path& path) : part(path) {}
};

GraphWriter::GraphWriter(const std::filesystem::path& path) {
    const Hdf5Session session;
    impl_ = std::make_unique<Impl>(path);
    impl_->part.reserve(metadata_room);
    impl_->file = Handle(H5Fcreate(impl_->part.path().c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose, doing);
    write_text_attribute(impl_->file, "format", "spikemass graphs");
}

GraphWriter::~GraphWriter() {
    const Hdf5Session session;
    impl_.reset();
}

void GraphWriter::add(const GraphRows& g) {
    const Hdf5Session session;
    impl_->part.reserve(impl_->part.size() + g.indptr.size_bytes() + g.indices.size_bytes() + g.weights.size_bytes() + metadata_room);   // a full disk is met here, not inside HDF5
    const Handle group(H5Gcreate2(impl_->file, g.projection.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose, doing);
    write_text_attribute(group, "rows", "source");
    write_text_attribute(group, "source", g.source);
    write_text_attribute(group, "target", g.target);
    write_column(group, "indptr", H5T_STD_I64LE, H5T_NATIVE_UINT64, g.indptr);
    write_column(group, "indices", H5T_STD_U32LE, H5T_NATIVE_UINT32, g.indices);
    if (!g.weights.empty()) write_column(group, "weights", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, g.weights);
}

void GraphWriter::close() {
    const Hdf5Session session;
    require(H5Fclose(impl_->file.release()), doing);
    impl_->part.commit();
}

}  // namespace spikemass::output
