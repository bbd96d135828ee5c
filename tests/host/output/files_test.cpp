#include "host/output/files.hpp"

#include <csignal>
#include <fstream>

#include "tests/host/output/fixtures.hpp"

namespace spikemass::output::test {
namespace {

TEST(PartFile, AppearsWholeOrNotAtAll) {
    const TemporaryFolder folder;
    const auto file = folder / "a.txt";
    {
        PartFile part(file);
        std::ofstream(part.path()) << "half";
        EXPECT_FALSE(fs::exists(file));
    }
    EXPECT_FALSE(fs::exists(file));
    EXPECT_TRUE(leftovers(folder.path()).empty());
    write_file(file, "whole\n");
    EXPECT_EQ(read_file(file), "whole\n");
    write_file(file, "second");
    EXPECT_EQ(read_file(file), "second");
    EXPECT_TRUE(leftovers(folder.path()).empty());
}

TEST(PartFile, RemovesPartsOfDeadProcessesOnly) {
    const TemporaryFolder folder;
    const auto child = ::fork();
    if (child == 0) {
        PartFile part(folder / "a.nc");
        ::kill(::getpid(), SIGKILL);
    }
    ::waitpid(child, nullptr, 0);
    EXPECT_EQ(leftovers(folder.path()).size(), 1u);
    std::ofstream(folder / ("a.nc." + host_name() + ".1.part")) << "process 1 lives";
    std::ofstream(folder / "a.nc.elsewhere.99999999.part") << "another host";
    PartFile(folder / "a.nc");
    EXPECT_EQ(leftovers(folder.path()).size(), 2u);
}

TEST(Checksum, IsThatOfSha256sumAndFindsAlteration) {
    const TemporaryFolder folder;
    const auto file = folder / "a.nc";
    PartFile part(file);
    std::ofstream(part.path()) << "content";
    part.commit_with_checksum();
    EXPECT_NO_THROW(verify_checksum(file, "try again."));
    EXPECT_TRUE(command_works("cd " + folder.path().string() + " && sha256sum -c a.nc.sha256"));
    std::ofstream(file) << "Content";
    const auto message = error_of(ExitCode::io, [&] { verify_checksum(file, "try again."); });
    EXPECT_TRUE(contains(message, "altered") && contains(message, "try again.") && contains(message, file.string())) << message;
    fs::remove(folder / "a.nc.sha256");
    EXPECT_TRUE(contains(error_of(ExitCode::io, [&] { verify_checksum(folder / "a.nc", "x"); }), "missing"));
    EXPECT_TRUE(contains(error_of(ExitCode::io, [&] { verify_checksum(folder / "none.nc", "x"); }), "no such file"));
}

TEST(Checksum, CrashBetweenTheTwoRenamesIsHealed) {
    const TemporaryFolder folder;
    const auto file = folder / "a.nc";
    write_file(file, "new");
    write_file(folder / "a.nc.sha256", sha256_hex("old") + "  a.nc\n");
    write_file(folder / "a.nc.sha256.part", sha256_hex("new") + "  a.nc\n");
    EXPECT_NO_THROW(verify_checksum(file, "x"));
}

TEST(Writable, CreatesFoldersAndLeavesNothing) {
    const TemporaryFolder folder;
    check_writable(folder / "a/b");
    EXPECT_TRUE(fs::is_directory(folder / "a/b"));
    EXPECT_TRUE(fs::is_empty(folder / "a/b"));
}

TEST(Writable, ProbesOfKilledProcessesAreRemoved) {
    const TemporaryFolder folder;
    std::ofstream(folder / (".writable." + host_name() + ".99999999.part")) << "no such process";
    check_writable(folder.path());
    EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(Writable, PathBelowAFileIsRefused) {
    const TemporaryFolder folder;
    write_file(folder / "file", "x");
    for (const auto* path : {"file", "file/below", "file/below/more"}) {
        const auto message = error_of(ExitCode::io, [&] { check_writable(folder / path); });
        EXPECT_TRUE(contains(message, (folder / path).string()) && contains(message, "Choose another path")) << message;
    }
    EXPECT_THROW(PartFile(folder / "file/a.nc"), IoError);
}

TEST(Writable, ReadOnlyFileSystemIsRefused) {
    const TemporaryFolder folder;
    const auto mount_point = (folder / "ro").string();
    fs::create_directory(mount_point);
    if (!command_works("mount -t tmpfs -o size=64k,ro tmpfs " + mount_point)) GTEST_SKIP() << "mounting needs root";
    const auto message = error_of(ExitCode::io, [&] { check_writable(mount_point); });
    EXPECT_TRUE(command_works("umount " + mount_point));
    EXPECT_TRUE(contains(message, "Read-only") && contains(message, "choose a folder")) << message;
}

TEST(DiskSpace, TooLittleIsExit4BeforeAnythingIsWritten) {
    const TemporaryFolder folder;
    EXPECT_NO_THROW(check_disk_space(folder / "not/yet/there", 1));
    const auto message = error_of(ExitCode::would_not_fit, [&] { check_disk_space(folder / "not/yet/there", std::uint64_t{1} << 62); });
    EXPECT_TRUE(contains(message, "PiB")) << message;
    EXPECT_FALSE(fs::exists(folder / "not"));
}

TEST(HumanBytes, Rounds) {
    EXPECT_EQ(human_bytes(1023), "1023 B");
    EXPECT_EQ(human_bytes(1536), "1.5 KiB");
    EXPECT_EQ(human_bytes(std::uint64_t{3} << 40), "3.0 TiB");
}

}  // namespace
}  // namespace spikemass::output::test
