#pragma once
// A thin owner of netCDF-C's handles with errors as exceptions.  Private to host/output: no other header needs netcdf.h.
// Callers hold hdf5_lock().

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <netcdf.h>

namespace spikemass::output::nc {

class File {
public:
    static File create(const std::filesystem::path&);
    static File open(const std::filesystem::path&, bool writable = false);
    ~File();
    File(File&& other) noexcept;
    File& operator=(File&&) = delete;
    int id() const { return id_; }
    /// Flushes and closes; throws where the destructor would keep silent.
    void close();

private:
    File(int id, std::filesystem::path path) : id_(id), path_(std::move(path)) {}
    int id_;
    std::filesystem::path path_;
};

/// Throws IoError: "while <doing>: <netCDF's reason>".
void check(int code, std::string_view doing);

struct Dimension {
    int id = -1;
    std::string name;
    std::size_t size = 0;
};

/// Everything below takes the id of a file or group as `group`.
Dimension define_dimension(int group, const std::string& name, std::size_t size);
/// Compressed (shuffle, deflate 1) with fletcher32 unless it is a string or has no dimension; `chunk` empty = one chunk of at most ~4 MiB.
/// Real variables get _FillValue = NaN, integers none.
int define_variable(int group, const std::string& name, nc_type type, const std::vector<Dimension>& dimensions, const std::string& units,
                    const std::string& long_name, std::vector<std::size_t> chunk = {});
void put_attribute(int group, int variable, const std::string& name, const std::string& text);
/// As a netCDF string: no limit on its length.
void put_long_attribute(int group, int variable, const std::string& name, const std::string& text);
void put_attribute(int group, int variable, const std::string& name, double value);
void put_attribute(int group, int variable, const std::string& name, int value);
void put_attribute(int group, int variable, const std::string& name, const std::vector<double>& values);
void put_attribute(int group, int variable, const std::string& name, const std::vector<std::int8_t>& values);

void put(int group, int variable, std::span<const double> values);
void put(int group, int variable, std::span<const std::int64_t> values);
void put(int group, int variable, std::span<const std::uint64_t> values);
void put(int group, int variable, std::span<const std::int8_t> values);
void put(int group, int variable, std::span<const std::string> values);
void put_slab(int group, int variable, const std::vector<std::size_t>& start, const std::vector<std::size_t>& count, std::span<const float> values);
void put_slab(int group, int variable, const std::vector<std::size_t>& start, const std::vector<std::size_t>& count, std::span<const std::uint64_t> values);

struct Variable {
    int id = -1;
    std::string name;
    nc_type type = NC_NAT;
    std::vector<Dimension> dimensions;
    std::size_t size() const;
};

std::optional<int> find_group(int parent, const std::string& name);
std::vector<std::pair<std::string, int>> groups(int parent);
std::vector<Dimension> dimensions_of(int group);              ///< those defined in the group itself
std::optional<Dimension> find_dimension(int group, const std::string& name);   ///< also in its parents
std::optional<Variable> find_variable(int group, const std::string& name);
std::vector<Variable> variables(int group);
std::optional<std::string> text_attribute(int group, int variable, const std::string& name);
std::optional<double> number_attribute(int group, int variable, const std::string& name);
/// All its numbers; empty if there is none.
std::vector<double> number_attributes(int group, int variable, const std::string& name);

std::vector<double> get_doubles(int group, const Variable&);
std::vector<std::int64_t> get_integers(int group, const Variable&);
std::vector<std::uint64_t> get_unsigned(int group, const Variable&);
std::vector<std::string> get_strings(int group, const Variable&);
/// Reads every value once, one index of the first dimension at a time: damage that checksums of chunks find is an IoError.
void read_through(int group, const Variable&);

}  // namespace spikemass::output::nc
