#include <fstream>

#include <netcdf.h>

#include "host/output/dataset.hpp"
#include "host/output/files.hpp"
#include "tests/host/output/fixtures.hpp"

namespace spikemass::output::test {
namespace {

class DatasetDamage : public ::testing::Test {
protected:
    void SetUp() override {
        const auto h = make_header();
        write_dataset(file, h, [&](const TrialId& id) { return make_record(h, id); });
        bytes = read_file(file);
    }
    void store(const std::string& content) { std::ofstream(file, std::ios::binary) << content; }
    /// As a malicious or unlucky hand would: the checksum is made to fit.
    void store_with_checksum(const std::string& content) {
        store(content);
        std::ofstream(file.string() + ".sha256") << sha256_of_file(file) << "  dataset.nc\n";
    }
    void expect_refused(const std::string& why) {
        for (const auto& message : {error_of(ExitCode::io, [&] { validate_dataset(file); }), error_of(ExitCode::io, [&] { read_dataset(file); }),
                                    error_of(ExitCode::io, [&] { write_groups(file, {}); }), error_of(ExitCode::io, [&] { read_group(file, "mass"); })})
            EXPECT_TRUE(contains(message, file.string()) && contains(message, why) && contains(message, "write it again")) << message;
        EXPECT_TRUE(leftovers(folder.path()).empty());
    }
    /// Changes the file by netCDF itself and renews the checksum.
    template <class Change>
    void change(Change&& change) {
        int id = -1;
        ASSERT_EQ(nc_open(file.c_str(), NC_WRITE, &id), NC_NOERR);
        change(id);
        ASSERT_EQ(nc_close(id), NC_NOERR);
        std::ofstream(file.string() + ".sha256") << sha256_of_file(file) << "  dataset.nc\n";
    }

    TemporaryFolder folder;
    fs::path file = folder / "dataset.nc";
    std::string bytes;
};

TEST_F(DatasetDamage, AnyFlippedByteIsFound) {
    std::mt19937_64 random(1);
    for (int k = 0; k < 200; ++k) {
        auto altered = bytes;
        altered[random() % altered.size()] ^= static_cast<char>(1 << (random() % 8));
        store(altered);
        EXPECT_THROW(validate_dataset(file), IoError);
    }
    auto altered = bytes;
    altered[bytes.size() / 2] ^= 1;
    store(altered);
    expect_refused("altered");
}

TEST_F(DatasetDamage, TruncationIsFound) {
    for (const auto size : {bytes.size() - 1, bytes.size() / 2, std::size_t{100}, std::size_t{0}}) {
        store(bytes.substr(0, size));
        expect_refused("truncated");
    }
}

TEST_F(DatasetDamage, NoDatasetAtAll) {
    store_with_checksum("this is text");
    EXPECT_TRUE(contains(error_of(ExitCode::io, [&] { validate_dataset(file); }), "netCDF"));
    store_with_checksum(bytes.substr(0, bytes.size() / 2));
    error_of(ExitCode::io, [&] { validate_dataset(file); });
    fs::remove(file);
    EXPECT_TRUE(contains(error_of(ExitCode::io, [&] { validate_dataset(file); }), "no such file"));
}

TEST_F(DatasetDamage, WrongStructureIsFoundUnderAGoodChecksum) {
    const auto refused = [&] { return error_of(ExitCode::io, [&] { validate_dataset(file); }); };
    change([](int id) { nc_put_att_text(id, NC_GLOBAL, "profile_version", 3, "2.0"); });
    EXPECT_TRUE(contains(refused(), "profile_version"));
    change([](int id) { nc_put_att_text(id, NC_GLOBAL, "profile_version", 3, "1.9"); });
    EXPECT_NO_THROW(validate_dataset(file));   // a later minor version only adds
    change([](int id) {
        int rate = -1;
        nc_inq_varid(id, "rate", &rate);
        nc_del_att(id, rate, "units");
    });
    EXPECT_TRUE(contains(refused(), "rate has no units"));
    change([](int id) {
        int rate = -1;
        nc_inq_varid(id, "rate", &rate);
        nc_put_att_text(id, rate, "units", 5, "1/tau");
        nc_del_att(id, NC_GLOBAL, "device");
    });
    EXPECT_TRUE(contains(refused(), "attribute device is missing"));
    fs::remove(file);
    int id = -1;
    ASSERT_EQ(nc_create(file.c_str(), NC_NETCDF4, &id), NC_NOERR);   // a good netCDF file of somebody else
    ASSERT_EQ(nc_close(id), NC_NOERR);
    change([](int) {});
    EXPECT_TRUE(contains(refused(), "profile"));
    change([](int file_id) { nc_put_att_text(file_id, NC_GLOBAL, "profile", 9, "spikemass"); });
    EXPECT_TRUE(contains(refused(), "profile_version"));
}

}  // namespace
}  // namespace spikemass::output::test
