// Reading a graph of 1e8 synapses from an HDF5 file, against a plain sequential read of the same file in the same round.  SPIKEMASS_BENCH_FOLDER: where the file is written.
// Wall time, since it waits for the disk.  Cold: the file is thrown out of the page cache before each of the two; warm_...: it is in the page cache before each.

#include <fcntl.h>
#include <omp.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <vector>

#include "bench/harness.hpp"
#include "bench/networks.hpp"
#include "host/cpu/graph.hpp"
#include "host/input/synapse_file.hpp"
#include "host/output/graph_file.hpp"
#include "host/output/hdf5_handle.hpp"
#include "models/base/error.hpp"

using namespace spikemass;
using namespace spikemass::bench;

namespace {

namespace fs = std::filesystem;

/// SONATA's edges: uint64 ids of both ends for every synapse, in the order of sources or, as its tools write them, of targets.
enum class Layout { csr, csr_weights, sonata_by_source, sonata_by_target };

void write_sonata(const fs::path& file, const std::vector<std::uint64_t>& source, const std::vector<std::uint64_t>& target) {
    using output::Handle;
    const output::Hdf5Session session;
    const char* doing = "writing a benchmark's file";
    const Handle h5(H5Fcreate(file.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose, doing), links(H5Pcreate(H5P_LINK_CREATE), H5Pclose, doing);
    H5Pset_create_intermediate_group(links, 1);
    const hsize_t n = source.size();
    const Handle space(H5Screate_simple(1, &n, nullptr), H5Sclose, doing);
    for (const auto& [name, values] : {std::pair{"edges/EE/source_node_id", &source}, {"edges/EE/target_node_id", &target}}) {
        const Handle column(H5Dcreate2(h5, name, H5T_STD_U64LE, space, links, H5P_DEFAULT, H5P_DEFAULT), H5Dclose, doing);
        output::require(H5Dwrite(column, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, values->data()), doing);
    }
}

struct GraphOnDisk {
    fs::path file;
    std::int64_t n = 0;
    std::uint64_t checksum = 0, synapses = 0;

    GraphOnDisk(std::int64_t size, double k, Layout layout) : n(size) {
        const char* folder = std::getenv("SPIKEMASS_BENCH_FOLDER");
        file = fs::path(folder ? folder : fs::temp_directory_path().c_str()) / ("bench-synapses-" + std::to_string(::getpid()) + ".h5");
        Projection p = projection(TopologyKind::fixed_outdegree, k);
        p.strength_sd = layout == Layout::csr_weights ? 1.0 : 0.0;
        const cpu::Graph g = cpu::build_graph(p, {1, 2, 3}, n, n, true, cpu::best_isa(), {1, cpu::Format::rows32});
        checksum = g.checksum;
        synapses = g.synapses;
        std::vector<std::uint64_t> start(static_cast<std::size_t>(n) + 1);
        for (std::size_t i = 0; i < start.size(); ++i) start[i] = g.rows32.start(i);
        if (layout == Layout::csr || layout == Layout::csr_weights) {
            std::vector<double> weight(g.rows32.weight.size());
            for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = g.rows32.weight[i] * g.weight_unit;
            output::GraphWriter out(file);
            out.add({"EE", "E", "E", start, g.rows32.index.span(), weight});
            out.close();
            return;
        }
        std::vector<std::uint64_t> source(synapses), target(synapses), next(static_cast<std::size_t>(n) + 1, 0);
        const bool by_target = layout == Layout::sonata_by_target;
        for (std::size_t t = 0; t < g.indegree.size(); ++t) next[t + 1] = next[t] + g.indegree[t];
        for (std::uint64_t s = 0; s < static_cast<std::uint64_t>(n); ++s)
            for (std::uint64_t i = start[s]; i < start[s + 1]; ++i) {
                const std::uint32_t t = g.rows32.index[i];
                const std::uint64_t to = by_target ? next[t]++ : i;
                source[to] = s;
                target[to] = t;
            }
        write_sonata(file, source, target);
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
        static std::vector<char> piece(std::size_t{4} << 20);
        const double begin = omp_get_wtime();
        const int fd = open(file.c_str(), O_RDONLY);
        while (read(fd, piece.data(), piece.size()) > 0) {}
        close(fd);
        return omp_get_wtime() - begin;
    }
    /// To this program, the file is another one.
    void touch(int turn) const { fs::last_write_time(file, fs::file_time_type::clock::now() + std::chrono::seconds(turn)); }
};

struct Reading {
    double open_seconds = 0.0, build_seconds = 0.0, cpu_seconds = 0.0, graph_gib = 0.0;
    double seconds() const { return open_seconds + build_seconds; }
};

/// What a user waits for: the file is read and checked, and the graph is built from it.
Reading read_graph(const GraphOnDisk& disk, bool weighted) {
    const auto cpu_now = [] {
        timespec t;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
    };
    const double begin = omp_get_wtime(), cpu = cpu_now();
    Projection p = projection(TopologyKind::from_file, 0);
    const auto file = input::open_synapses(disk.file, "", disk.n, disk.n);
    const double opened = omp_get_wtime();
    p.topology.file = file;
    p.topology.mean_indegree = static_cast<double>(file->synapses) / static_cast<double>(disk.n);
    p.topology.weight_factor = 1.0;
    p.strength_sd = weighted ? file->weight_sd : 0.0;
    const cpu::Graph g = cpu::build_graph(p, {1, 2, 3}, disk.n, disk.n, true, cpu::best_isa(), {omp_get_max_threads(), cpu::Format::none});
    const Reading r{opened - begin, omp_get_wtime() - opened, cpu_now() - cpu, static_cast<double>(g.bytes()) / 1073741824.0};
    require(g.synapses == disk.synapses && (weighted || g.checksum == disk.checksum), "the graph that was read is the one that was written");
    return r;
}

void add_file(const std::string& name, Layout layout) {
    add("synapse_file/" + name, [layout]() -> Round {
        auto disk = std::make_shared<GraphOnDisk>(sized<std::int64_t>(100000, 3001), sized(1000.0, 60.0), layout);
        return [disk, weighted = layout == Layout::csr_weights, turn = 0]() mutable {
            const auto bytes = static_cast<double>(fs::file_size(disk->file));
            disk->forget();
            const double disk_cold = disk->read_seconds(), disk_warm = disk->read_seconds();
            disk->touch(++turn);
            disk->forget();
            const Reading cold = read_graph(*disk, weighted);
            disk->touch(++turn);
            disk->read_seconds();
            const Reading warm = read_graph(*disk, weighted);
            rusage usage{};
            getrusage(RUSAGE_SELF, &usage);
            return Numbers{{"seconds", cold.seconds()},
                           {"disk_seconds", disk_cold},
                           {"share_of_disk", disk_cold / cold.seconds()},
                           {"disk_bytes_per_second", bytes / disk_cold},
                           {"bytes_per_second", bytes / cold.seconds()},
                           {"open_seconds", cold.open_seconds},
                           {"build_seconds", cold.build_seconds},
                           {"cpu_seconds", cold.cpu_seconds},
                           {"warm_seconds", warm.seconds()},
                           {"warm_disk_seconds", disk_warm},
                           {"warm_share_of_disk", disk_warm / warm.seconds()},
                           {"warm_cpu_seconds", warm.cpu_seconds},
                           {"threads", omp_get_max_threads()},
                           {"graph_gib", warm.graph_gib},
                           {"peak_gib", static_cast<double>(usage.ru_maxrss) / 1048576.0}};
        };
    }, std::min(settings().rounds, 5));
}

}  // namespace

void register_benchmarks() {
    add_file("csr_1e8", Layout::csr);
    add_file("csr_1e8_weights", Layout::csr_weights);
    add_file("sonata_1e8_by_source", Layout::sonata_by_source);
    add_file("sonata_1e8_by_target", Layout::sonata_by_target);
}
