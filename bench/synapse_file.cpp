// Reading a graph of 1e8 synapses from an HDF5 file, against reading the same bytes from the disk.  SPIKEMASS_BENCH_FOLDER: where the file is written.
// Wall time, since it waits for the disk; files are thrown out of the page cache before each turn.

#include <fcntl.h>
#include <omp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>

#include "bench/harness.hpp"
#include "bench/networks.hpp"
#include "host/cpu/graph.hpp"
#include "host/input/synapse_file.hpp"
#include "host/output/graph_file.hpp"
#include "models/base/error.hpp"

using namespace spikemass;
using namespace spikemass::bench;

namespace {

namespace fs = std::filesystem;

struct GraphOnDisk {
    fs::path file;
    std::int64_t n = 0;
    std::uint64_t checksum = 0, synapses = 0;

    GraphOnDisk(std::int64_t size, double k, bool weighted) : n(size) {
        const char* folder = std::getenv("SPIKEMASS_BENCH_FOLDER");
        file = fs::path(folder ? folder : fs::temp_directory_path().c_str()) / ("bench-synapses-" + std::to_string(::getpid()) + ".h5");
        Projection p = projection(TopologyKind::fixed_outdegree, k);
        p.strength_sd = weighted ? 1.0 : 0.0;
        const cpu::Graph g = cpu::build_graph(p, {1, 2, 3}, n, n, true, cpu::best_isa(), {1, cpu::Format::rows32});
        std::vector<std::uint64_t> start(static_cast<std::size_t>(n) + 1);
        for (std::size_t i = 0; i < start.size(); ++i) start[i] = g.rows32.start(i);
        std::vector<double> weight(g.rows32.weight.size());
        for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = g.rows32.weight[i] * g.weight_unit;
        checksum = g.checksum;
        synapses = g.synapses;
        output::GraphWriter out(file);
        out.add({"EE", "E", "E", start, g.rows32.index.span(), weight});
        out.close();
    }
    ~GraphOnDisk() { fs::remove(file); }

    void forget() const {
        const int fd = open(file.c_str(), O_RDONLY);
        fdatasync(fd);
        posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        close(fd);
    }
    /// All bytes of the file, in pieces of 4 MiB.
    double read_seconds() const {
        forget();
        const double begin = omp_get_wtime();
        const int fd = open(file.c_str(), O_RDONLY);
        std::vector<char> piece(std::size_t{4} << 20);
        while (read(fd, piece.data(), piece.size()) > 0) {}
        close(fd);
        return omp_get_wtime() - begin;
    }
};

void add_file(const std::string& name, bool weighted) {
    add("synapse_file/" + name, [weighted]() -> Round {
        auto disk = std::make_shared<GraphOnDisk>(sized<std::int64_t>(100000, 3001), sized(1000.0, 60.0), weighted);
        return [disk, weighted, turn = 0]() mutable {
            const auto bytes = static_cast<double>(fs::file_size(disk->file));
            const double read = disk->read_seconds();
            fs::last_write_time(disk->file, fs::file_time_type::clock::now() + std::chrono::seconds(++turn));   // else it is known already
            disk->forget();
            const double begin = omp_get_wtime();
            Projection p = projection(TopologyKind::from_file, 0);
            const auto file = input::open_synapses(disk->file, "", disk->n, disk->n);
            const double opened = omp_get_wtime();
            p.topology.file = file;
            p.topology.mean_indegree = static_cast<double>(file->synapses) / static_cast<double>(disk->n);
            p.topology.weight_factor = 1.0;
            p.strength_sd = weighted ? file->weight_sd : 0.0;
            const cpu::Graph g = cpu::build_graph(p, {1, 2, 3}, disk->n, disk->n, true, cpu::best_isa(), {1, cpu::Format::none});
            const double built = omp_get_wtime();
            require(g.synapses == disk->synapses && (weighted || g.checksum == disk->checksum), "the graph that was read is the one that was written");
            rusage usage{};
            getrusage(RUSAGE_SELF, &usage);
            return Numbers{{"seconds", built - begin},
                           {"disk_seconds", read},
                           {"disk_bytes_per_second", bytes / read},
                           {"open_seconds", opened - begin},
                           {"build_seconds", built - opened},
                           {"bytes_per_second", bytes / (built - begin)},
                           {"share_of_disk", read / (built - begin)},
                           {"open_share_of_disk", read / (opened - begin)},
                           {"graph_gib", static_cast<double>(g.bytes()) / 1073741824.0},
                           {"peak_gib", static_cast<double>(usage.ru_maxrss) / 1048576.0}};
        };
    });
}

}  // namespace

void register_benchmarks() {
    add_file("csr_1e8", false);
    add_file("csr_1e8_weights", true);
}
