#pragma once
// Strategy R on any device: what the host does around the kernels of kernels/device/reference.hpp.
//
// A Device gives memory and launches (host/gpu/shim_device.hpp, host/gpu/cuda_device.cuh):
//   Device::Array<T>(device, n)                    zeroed; view(): Global<T>; size()
//   Device::Pinned<T>(device, n)                   memory of the host for download_later; data()
// These join the device's queue, and the host goes on:
//   device.launch(kernel, threads)                 as many threads as there is work for; kernels stride
//   device.zero(array, n)                          its first n elements
//   device.upload_later(array, const T*, n)        the host's memory may be used again at once
//   device.download_later(array, pinned, n)        what is there when all before it is done; copied beside what comes after it, so nobody may change the array or look
//                                                  at `pinned` until it has been waited for
// Here the host waits, and errors of what was queued come up:
//   device.wait(pinned)
//   device.upload(array, const T*, n, first = 0)   device.download(array, T*, n, first = 0)
//   device.graphs()                                a GraphBuilder for the device's memory; launches that follow may read what it built
// Besides: device.free_memory() in bytes; device.chunk_steps(), between two looks at the record; device.name().

#include <algorithm>
#include <bit>
#include <memory>
#include <string>
#include <vector>

#include "host/cpu/graph.hpp"
#include "host/gpu/engine.hpp"
#include "host/gpu/graph_builder.hpp"
#include "host/gpu/record.hpp"
#include "host/spiking/checkpoint.hpp"
#include "host/spiking/setup.hpp"
#include "kernels/device/ensemble.hpp"
#include "kernels/device/reference.hpp"
#include "kernels/delays.hpp"
#include "kernels/engine.hpp"
#include "models/registry.hpp"
#include "models/synapses/registry.hpp"

namespace spikemass::gpu {

template <class Device>
class ReferenceEngine final : public Engine {
public:
    ReferenceEngine(const Network& network, std::shared_ptr<Device> device) : network_(network), shared_device_(std::move(device)), device_(*shared_device_), ring_(spiking::longest_delay(network)) {
        const std::size_t n = network_.populations.size();
        list_sizes_ = Array<std::uint32_t>(device_, static_cast<std::size_t>(ring_) * n);
        digest_ = Array<std::uint32_t>(device_, 2);
        populations_.resize(n);
        projections_.resize(network_.projections.size());
        facts_.resize(network_.projections.size());
        for (std::size_t i = 0; i < n; ++i) build_population(i);
        build_projections();
        for (PopulationState& p : populations_) upload_terms(p);
        scalar_terms_ = uploaded(host_scalar_terms_);
        scalars_ = Array<float>(device_, host_scalar_terms_.size());
        std::vector<float> traces;   // [term][2 stages]
        for (const float x : scalar_starts_) traces.insert(traces.end(), 2, x);
        scalar_traces_ = uploaded(traces);
    }

    void advance(std::int64_t steps) override { run(1, steps, {}, nullptr); }
    void record(std::int64_t bins, std::int64_t steps_per_bin, const RecordFlags& flags, std::vector<PopulationBins>& out) override {
        out.resize(populations_.size());
        run(bins, steps_per_bin, flags, &out);
    }
    void set_spike_sink(SpikeSink sink) override { sink_ = std::move(sink); }
    std::int64_t step() const override { return step_; }
    std::uint64_t digest() const override {
        std::uint32_t half[2];
        device_.download(digest_, half, 2);
        return static_cast<std::uint64_t>(half[1]) << 32 | half[0];
    }
    std::uint64_t spikes() const override { return spikes_; }
    const std::vector<ProjectionFacts>& projections() const override { return facts_; }
    std::string strategy() const override { return "R/" + device_.name(); }
    double capped_fraction() const override { return capped_.fraction; }
    double capped_rate_bound() const override { return capped_.rate_bound; }

    void save(std::ostream& out) const override {
        spiking::Checkpoint c = empty_checkpoint();
        const std::uint64_t d = digest();
        c.step = step_;
        c.digest_low = static_cast<std::uint32_t>(d);
        c.digest_high = static_cast<std::uint32_t>(d >> 32);
        c.spikes = spikes_;
        for (std::size_t i = 0; i < populations_.size(); ++i) {
            auto& part = c.populations[i];
            for (std::size_t k = 0; k < part.columns.size(); ++k) device_.download(populations_[i].columns[k], part.columns[k].data(), part.columns[k].size());
            for (std::int64_t age = 1; age <= std::min(ring_, step_); ++age) part.spikes[static_cast<std::size_t>(age - 1)] = spikes_of(i, step_ - age);
        }
        for (std::size_t i = 0; i < projections_.size(); ++i) {
            const ProjectionState& s = projections_[i];
            if (s.trace.size()) device_.download(s.trace, c.traces[i].data(), c.traces[i].size());
            else
                for (std::size_t k = 0; k < c.traces[i].size(); ++k) device_.download(scalar_traces_, &c.traces[i][k], 1, 2 * s.scalar + k);
        }
        spiking::write_checkpoint(out, network_, identity(), c);
    }
    void load(std::istream& in) override {
        const spiking::Checkpoint c = spiking::read_checkpoint(in, network_, identity(), empty_checkpoint());
        for (std::size_t i = 0; i < populations_.size(); ++i) {
            PopulationState& p = populations_[i];
            for (std::size_t k = 0; k < p.columns.size(); ++k) device_.upload(p.columns[k], c.populations[i].columns[k].data(), p.columns[k].size());
            for (std::int64_t age = 1; age <= ring_; ++age) {
                const auto& ids = c.populations[i].spikes[static_cast<std::size_t>(age - 1)];
                const auto size = static_cast<std::uint32_t>(ids.size());
                device_.upload(p.lists[slot(c.step - age)], ids.data(), ids.size());
                device_.upload(list_sizes_, &size, 1, slot(c.step - age) * populations_.size() + i);
            }
        }
        for (std::size_t i = 0; i < projections_.size(); ++i) {
            ProjectionState& s = projections_[i];
            if (s.trace.size()) device_.upload(s.trace, c.traces[i].data(), c.traces[i].size());
            else
                for (std::size_t k = 0; k < c.traces[i].size(); ++k) device_.upload(scalar_traces_, &c.traces[i][k], 1, 2 * s.scalar + k);
        }
        for (ProjectionState& s : projections_)
            if (s.slots != 0) {
                device_.zero(s.counts, s.counts.size());
                for (std::int64_t age = 2; age <= std::min(s.spec->delay_steps, c.step); ++age) deliver_delayed(s, c.step - age, static_cast<std::uint32_t>(age));
            }
        const std::uint32_t half[2] = {c.digest_low, c.digest_high};
        device_.upload(digest_, half, 2);
        step_ = c.step;
        spikes_ = c.spikes;
    }

    // ---- strategy A (host/gpu/ensemble.hpp) ----

    template <class T>
    using Array = typename Device::template Array<T>;

    /// What strategy A reads of the network.  It stays on the device, and is made anew only when more is recorded than before.
    struct EnsembleTables {
        Array<device::EnsemblePopulation> populations;
        Array<device::EnsembleProjection> projections;
        Array<device::Global<std::uint32_t>> lists;
        unsigned state_size = 0, counts_size = 0;   ///< in shared memory
        bool general = false;                       ///< it needs GeneralEnsemble
        std::vector<std::size_t> stimulated;        ///< populations with stimuli: rows of the network's stimuli
    };
    const EnsembleTables& ensemble_tables(const RecordFlags& flags) {
        make_recorders(flags);
        if (tables_.populations.size() == 0) make_ensemble_tables();
        return tables_;
    }
    /// With tables made; where its words in the record and its rows in the stimuli begin is the ensemble's to say.
    device::EnsembleNetwork ensemble_network() {
        return {step_, ring_, tables_.populations.view(), tables_.projections.view(), scalar_terms_.view(), scalar_traces_.view(), tables_.lists.view(), list_sizes_.view(), digest_.view()};
    }
    /// What the stimuli add to the input of a population, `ahead` steps after the next one.
    float stimulus(std::size_t population, std::int64_t ahead) const { return spiking::common_input(network_, population, step_ + ahead); }
    /// A launch of that many steps stands in the queue.
    void launched(std::int64_t steps) { step_ += steps; }
    /// Its spikes are known.
    void add_spikes(std::uint64_t n) { spikes_ += n; }
    const Network& network() const { return network_; }
    std::size_t scalar_terms() const { return host_scalar_terms_.size(); }

private:
    void make_ensemble_tables() {
        EnsembleTables t;
        std::vector<device::EnsemblePopulation> populations;
        for (std::size_t i = 0; i < populations_.size(); ++i) {
            PopulationState& p = populations_[i];
            device::EnsemblePopulation e;
            e.key = p.key;
            e.neurons = static_cast<std::uint32_t>(p.spec->size);
            e.model = static_cast<std::uint32_t>(p.spec->model);
            std::copy_n(p.step.bytes, sizeof e.step, e.step);
            const std::size_t columns = spiking::model_columns(*p.spec);
            for (std::size_t c = 0; c < columns; ++c) e.column[c] = p.columns[c].view();
            e.eta = p.drive[0].size() != 0 ? p.drive[0].view() : p.eta.view();
            for (int port = 1; port < 3; ++port) {
                e.ports.terms[port - 1] = terms(p, port, 0);
                e.ports.noise[port - 1] = p.drive[port].view();
            }
            p.noise_tables = uploaded(noise_steps(p, 0));
            e.noise = p.noise_tables.view();
            if (std::any_of(network_.stimuli.begin(), network_.stimuli.end(), [&](const Stimulus& x) { return x.target == i; })) {
                e.stimulus = static_cast<std::int32_t>(t.stimulated.size());
                t.stimulated.push_back(i);
            }
            e.terms = terms(p, 0, 0);
            e.v_integral = p.v_integral.view();
            e.z_re = p.z_re.view();
            e.z_im = p.z_im.view();
            populations.push_back(e);
            t.general |= !p.noise.empty() || (p.spec->model != NeuronKind::qif && p.spec->model != NeuronKind::theta);
            t.state_size += e.neurons * static_cast<unsigned>(columns);
        }
        std::vector<device::EnsembleProjection> projections;
        for (ProjectionState& s : projections_) {
            if (s.counts.size() == 0) continue;
            using Kind = device::EnsembleProjection::Kind;
            const Projection& p = *s.spec;
            const auto targets = static_cast<std::uint64_t>(network_.populations[p.target].size);
            device::EnsembleProjection e;
            e.kind = s.graph.stored() ? Kind::rows : p.topology.kind == TopologyKind::annealed ? Kind::annealed : Kind::all_but_own;
            e.source = static_cast<std::uint32_t>(p.source);
            e.target = static_cast<std::uint32_t>(p.target);
            e.delay = s.slots == 0 ? p.delay_steps : 1;
            e.start = view(s.graph.offsets);
            e.row_target = view(s.graph.targets16);   // empty beyond 65,536 targets, which no block has memory for
            e.weight = view(s.graph.weights);
            e.row_delay = view(s.graph.delays);
            if (s.slots != 0) e.ring = s.counts.view();
            e.slots = std::max(1u, s.slots);
            e.annealed = s.annealed;
            e.per_spike = targets_per_spike(p);
            e.counts = {s.counts.view().data(), targets};
            projections.push_back(e);
            t.counts_size += static_cast<unsigned>(targets);
        }
        std::vector<device::Global<std::uint32_t>> lists;
        for (std::size_t k = 0; k < static_cast<std::size_t>(ring_); ++k)
            for (PopulationState& p : populations_) lists.push_back(p.lists[k].view());
        t.populations = uploaded(populations);
        t.projections = uploaded(projections);
        t.lists = uploaded(lists);
        tables_ = std::move(t);
    }

    struct PopulationState {
        const Population* spec = nullptr;
        std::uint64_t key = 0;
        std::vector<Array<float>> columns;
        Array<float> eta, v_integral, z_re, z_im;
        std::vector<Array<std::uint32_t>> lists;        ///< [slot]
        std::vector<device::Term> host_terms[3];        ///< [port]
        Array<device::Term> terms[3];                   ///< [port][slot][term]: where arrivals stand in rings, each slot has terms of its own
        std::uint32_t slots = 1;                        ///< of the rings of its projections
        std::vector<models::Noise> noise;
        std::vector<int> noise_column;                  ///< [noise] -1, or its state
        Array<device::AddNoise> noise_tables;           ///< of strategy A
        Array<float> drive[3];                          ///< [port] what noise has been added to, or empty
        spiking::StepConstants step;
    };
    struct ProjectionState {
        const Projection* spec = nullptr;
        DeviceGraph graph;
        Array<std::uint32_t> counts;                    ///< [target], or a ring [slot][target] where delays are drawn
        std::uint32_t slots = 0;                        ///< of the ring; 0: one delay
        Array<float> gain_of, trace, prehistory;
        std::size_t scalar = 0;
        RandomKey annealed;
    };

    template <class T>
    Array<T> uploaded(const std::vector<T>& host) {
        Array<T> a(device_, host.size());
        device_.upload(a, host.data(), host.size());
        return a;
    }
    template <class T>
    static device::Global<const T> view(const DeviceArray<T>& a) { return {a.data, a.size}; }
    std::size_t slot(std::int64_t step) const { return static_cast<std::size_t>(((step % ring_) + ring_) % ring_); }
    device::SpikeList list(std::size_t population, std::int64_t step) {
        const std::size_t k = slot(step);
        return {populations_[population].lists[k].view(), {list_sizes_.view().data() + k * populations_.size() + population, 1}};
    }

    void build_population(std::size_t index) {
        PopulationState& p = populations_[index];
        p.spec = &network_.populations[index];
        p.key = name_key(p.spec->name);
        p.step = spiking::prepare_step(network_, index);
        const auto n = static_cast<std::size_t>(p.spec->size);
        std::vector<float> eta(n);
        std::vector<std::vector<float>> state(spiking::state_columns(network_, index), std::vector<float>(n));
        std::vector<float*> pointers;
        for (auto& c : state) pointers.push_back(c.data());
        const spiking::Capped capped = spiking::draw_population(network_, index, eta.data(), pointers.data());
        capped_.fraction = std::max(capped_.fraction, capped.fraction);
        capped_.rate_bound = std::max(capped_.rate_bound, capped.rate_bound);
        p.eta = uploaded(eta);
        for (const auto& c : state) p.columns.push_back(uploaded(c));
        p.noise = spiking::noise_of(network_, index);
        p.noise_column = spiking::noise_columns(network_, index);
        for (const models::Noise& noise : p.noise)
            if (Array<float>& to = p.drive[noise.port]; to.size() == 0) to = Array<float>(device_, n);
        for (std::int64_t s = 0; s < ring_; ++s) p.lists.emplace_back(device_, n);
        for (const Projection& q : network_.projections)
            if (q.target == index && q.delay_law != DelayLaw::constant) p.slots = std::max(p.slots, static_cast<std::uint32_t>(q.delay_steps));
    }

    /// Terms of a population in the steps of a slot.
    static device::Global<const device::Term> terms(PopulationState& p, int port, std::uint64_t slot) {
        const std::size_t n = p.host_terms[port].size();
        return {p.terms[port].view().data() + slot * n, n};
    }
    void upload_terms(PopulationState& p) {
        const auto n = static_cast<std::uint64_t>(p.spec->size);
        for (int port = 0; port < 3; ++port) {
            std::vector<device::Term> all;
            for (std::uint64_t slot = 0; slot < p.slots; ++slot)
                for (device::Term t : p.host_terms[port]) {
                    if (t.counts.size() > n) t.counts = {t.counts.data() + slot * n, n};
                    all.push_back(t);
                }
            p.terms[port] = uploaded(all);
        }
    }

    /// One by one, each with the memory that is left over when everything else will be there.
    void build_projections() {
        std::vector<ProjectionMemory> memory;
        double later = estimate_record_memory(network_, 1, {.v = true, .order_parameter = true});
        for (const Population& p : network_.populations) later += recorder_bytes * static_cast<double>(p.size);
        for (const Projection& p : network_.projections) {
            memory.push_back(estimate_projection_memory(network_, p));
            later += memory.back().graph + memory.back().targets;
        }
        for (std::size_t i : spiking::projections_by_key(network_)) {
            later -= memory[i].graph;
            const double left = usable_device_part * static_cast<double>(device_.free_memory()) - later;
            build_projection(i, left > 0 ? static_cast<std::uint64_t>(left) : 0);
            later -= memory[i].targets;
        }
    }

    void build_projection(std::size_t index, std::uint64_t budget) {
        ProjectionState& s = projections_[index];
        const Projection& p = network_.projections[index];
        s.spec = &p;
        const Population &source = network_.populations[p.source], &target = network_.populations[p.target];
        const TopologyKind kind = p.topology.kind;
        const bool all = kind == TopologyKind::all_to_all;
        const GraphBuilder& graphs = device_.graphs();
        s.graph = graphs.build(p, network_.seeds, source.size, target.size, p.source == p.target, budget);
        DeviceGraph& graph = s.graph;
        std::vector<std::uint32_t> indegree;
        if (p.normalise == Normalise::indegree) indegree = to_host(graphs, graph.indegree);
        graph.indegree = {};
        if (kind == TopologyKind::annealed) s.annealed = random_key(network_.seeds.noise, name_key(p.name), Stream::annealed);

        const spiking::GraphFacts built{graph.stored(), graph.k_mean, graph.weight_unit};
        const spiking::Drive drive = spiking::prepare_drive(network_, p, built);
        device::Term term;
        term.stages = drive.stages;
        term.gain = drive.gain;
        s.prehistory = uploaded(drive.prehistory);
        term.prehistory = s.prehistory.view();
        term.synapse = drive.synapse;
        s.gain_of = uploaded(spiking::gains_of_targets(network_, p, built, indegree));
        term.gain_of = s.gain_of.view();
        if (all && (p.source != p.target || p.topology.self_connections)) {
            s.scalar = term.scalar = host_scalar_terms_.size();
            term.gain = 1.0f;
            host_scalar_terms_.push_back({p.source, p.delay_steps, drive.stages, s.gain_of.size() != 0 ? 1.0f : drive.gain, drive.prehistory.empty() ? 0.0f : drive.prehistory[0], drive.synapse});
            scalar_starts_.push_back(drive.trace_start);
        } else {
            const auto n = static_cast<std::size_t>(target.size);
            term.kind = drive.weighted ? device::Term::Kind::sums : device::Term::Kind::counts;
            if (graph.stored() && p.delay_law != DelayLaw::constant) s.slots = populations_[p.target].slots;
            s.counts = Array<std::uint32_t>(device_, n * std::max(1u, s.slots));
            term.counts = s.counts.view();
            if (drive.stages > 0) {
                s.trace = uploaded(std::vector<float>(n * static_cast<std::size_t>(drive.stages), drive.trace_start));
                term.trace = {s.trace.view().data(), n};
                if (drive.stages == 2) term.second = {s.trace.view().data() + n, n};
            }
        }
        populations_[p.target].host_terms[spiking::port_of(target, p.strength)].push_back(term);

        ProjectionFacts& f = facts_[index];
        f.synapses = graph.synapses;
        f.k_mean = graph.k_mean;
        f.k_var = graph.k_var;
        f.degree_correlation = graph.degree_correlation;
        f.graph_checksum = graph.checksum;
        f.effective_delay = kernels::mean_delay_steps(p) * network_.dt;
        f.weight = spiking::mean_weight(p, built);
        f.weight_unit = drive.weighted ? graph.weight_unit : 0.0;
        const cpu::Format format = all ? cpu::Format::none : graph.narrow() ? cpu::Format::rows16 : cpu::Format::rows32;
        f.format = kind == TopologyKind::annealed ? "annealed" : std::string(cpu::format_name(format)) + (drive.weighted ? "/weighted" : "") + (s.slots != 0 ? "/delays" : "");
    }

    /// annealed: targets of one spike.
    std::uint32_t targets_per_spike(const Projection& p) const {
        return static_cast<std::uint32_t>(p.topology.mean_indegree * static_cast<double>(network_.populations[p.target].size) / static_cast<double>(network_.populations[p.source].size) + 0.5);
    }

    // ---- one step ----

    /// Spikes of step `fired` into the slots of their synapses, but for delays below `least`.
    void deliver_delayed(ProjectionState& s, std::int64_t fired, std::uint32_t least) {
        const Projection& p = *s.spec;
        const auto sources = static_cast<std::uint64_t>(network_.populations[p.source].size), targets = static_cast<std::uint64_t>(network_.populations[p.target].size);
        const auto scatter = [&]<class Target>(const DeviceArray<Target>& target) {
            device_.launch(device::ScatterDelayed<Target>{list(p.source, fired), view(s.graph.offsets), view(target), view(s.graph.weights), view(s.graph.delays), s.counts.view(), targets, s.slots,
                                                          static_cast<std::uint32_t>(fired % s.slots), least}, sources * arch::warp_size);
        };
        if (s.graph.narrow()) scatter(s.graph.targets16);
        else scatter(s.graph.targets32);
    }

    void deliver(ProjectionState& s, std::int64_t now) {
        if (s.slots != 0) {
            if (now > 0) deliver_delayed(s, now - 1, 1);
            return;
        }
        const Projection& p = *s.spec;
        const std::int64_t fired = now - p.delay_steps;
        if (fired < 0 || s.counts.size() == 0) return;
        const device::SpikeList spikes = list(p.source, fired);
        const auto sources = static_cast<std::uint64_t>(network_.populations[p.source].size), targets = s.counts.size();
        if (s.graph.stored()) {
            const auto scatter = [&]<class Target>(const DeviceArray<Target>& target) {
                device_.launch(device::Scatter<Target>{spikes, view(s.graph.offsets), view(target), view(s.graph.weights), s.counts.view()}, sources * arch::warp_size);
            };
            if (s.graph.narrow()) scatter(s.graph.targets16);
            else scatter(s.graph.targets32);
        } else if (p.topology.kind == TopologyKind::annealed) {
            device_.launch(device::Annealed{spikes, s.annealed, static_cast<std::uint64_t>(fired), targets_per_spike(p), s.counts.view()}, sources);
        } else {
            device_.launch(device::AllButOwn{spikes, s.counts.view(), 0}, targets);
            device_.launch(device::AllButOwn{spikes, s.counts.view(), 1}, sources);
        }
    }

    template <class M, bool with_v, bool with_z>
    void update(std::size_t index, std::int64_t now) {
        PopulationState& p = populations_[index];
        device::Update<M, with_v, with_z> k;
        k.neurons = static_cast<std::uint64_t>(p.spec->size);
        k.key = p.key;
        k.now = now;
        k.stimulus = spiking::common_input(network_, index, now);
        k.step = *std::launder(reinterpret_cast<const typename M::Step*>(p.step.bytes));
        for (std::size_t c = 0; c < M::columns; ++c) k.column[c] = p.columns[c].view();
        k.eta = p.drive[0].size() != 0 ? p.drive[0].view() : p.eta.view();
        k.scalars = scalars_.view();
        const auto slot = static_cast<std::uint64_t>(now % p.slots);
        k.terms = terms(p, 0, slot);
        if constexpr (M::ports > 1)
            for (int port = 1; port < M::ports; ++port) {
                k.ports.terms[port - 1] = terms(p, port, slot);
                k.ports.noise[port - 1] = p.drive[port].view();
            }
        k.v_integral = p.v_integral.view();
        k.z_re = p.z_re.view();
        k.z_im = p.z_im.view();
        k.spikes = list(index, now);
        k.digest = digest_.view();
        device_.launch(k, k.neurons);
    }
    static std::vector<device::AddNoise> noise_steps(PopulationState& p, std::int64_t now) {
        std::vector<device::AddNoise> all;
        bool begun[3] = {};
        for (std::size_t k = 0; k < p.noise.size(); ++k) {
            const auto port = static_cast<std::size_t>(p.noise[k].port);
            device::AddNoise add{p.noise[k], now, {}, p.drive[port].view(), {}};
            if (begun[port]) add.from = p.drive[port].view();
            else if (port == 0) add.from = p.eta.view();
            if (p.noise_column[k] >= 0) add.state = p.columns[static_cast<std::size_t>(p.noise_column[k])].view();
            begun[port] = true;
            all.push_back(add);
        }
        return all;
    }
    template <class M>
    void update(std::size_t index, std::int64_t now, bool v, bool z) {
        if (v) z ? update<M, true, true>(index, now) : update<M, true, false>(index, now);
        else z ? update<M, false, true>(index, now) : update<M, false, false>(index, now);
    }

    void one_step(std::int64_t now, std::size_t row, device::Global<std::uint32_t> record, bool v, bool z) {
        for (ProjectionState& s : projections_) deliver(s, now);
        device_.launch(device::BeginStep{now, ring_, populations_.size(), scalar_terms_.view(), list_sizes_.view(), scalar_traces_.view(), scalars_.view()}, 1);
        for (PopulationState& p : populations_)
            for (const device::AddNoise& add : noise_steps(p, now)) device_.launch(add, add.to.size());
        for (std::size_t i = 0; i < populations_.size(); ++i)
            models::with_model(models::NeuronModels{}, static_cast<int>(populations_[i].spec->model), [&]<class M>() { update<M>(i, now, v, z); });
        device_.launch(device::EndStep{populations_.size(), row, slot(now), list_sizes_.view(), record}, 1);
    }

    /// out: null where nothing is recorded.
    void run(std::int64_t bins, std::int64_t steps_per_bin, const RecordFlags& flags, std::vector<PopulationBins>* out) {
        const std::int64_t total = bins * steps_per_bin;
        if (total <= 0) return;
        make_recorders(flags);
        const RecordShape shape(populations_.size(), total, steps_per_bin, flags, device_.chunk_steps());
        BinFold bin_fold(network_, flags, shape);
        const auto fold = [&](const std::uint32_t* words, std::int64_t steps) { spikes_ += bin_fold.add(words, steps, out); };
        record_.reserve(device_, shape.words());
        for (std::int64_t done = 0; done < total;) {
            const device::Global<std::uint32_t> record = record_.begin(device_, shape.words());
            const std::int64_t steps = std::min(shape.steps, total - done);
            std::size_t bin = 0;
            for (std::int64_t k = 0; k < steps; ++k, ++step_) {
                one_step(step_, static_cast<std::size_t>(k), record, flags.v, flags.order_parameter);
                if (sink_)
                    for (std::size_t i = 0; i < populations_.size(); ++i) sink_(i, step_, spikes_of(i, step_));
                if (++done % steps_per_bin == 0) drain_bin(shape, bin++, flags, record);
            }
            record_.end(device_, shape.words(), steps, fold);
        }
        record_.drain(device_, fold);
    }

    void make_recorders(const RecordFlags& flags) {
        const auto make = [&](Array<float>& column, std::int64_t n) {
            if (column.size() != 0) return;
            column = Array<float>(device_, static_cast<std::size_t>(n));
            tables_ = {};   // they do not know of it
        };
        for (PopulationState& p : populations_) {
            if (flags.v) make(p.v_integral, p.spec->size);
            if (flags.order_parameter) {
                make(p.z_re, p.spec->size);
                make(p.z_im, p.spec->size);
            }
        }
    }

    void drain_bin(const RecordShape& shape, std::size_t bin, const RecordFlags& flags, device::Global<std::uint32_t> record) {
        const auto factor = static_cast<float>(1.0 / static_cast<double>(shape.steps_per_bin));
        for (std::size_t i = 0; i < populations_.size(); ++i) {
            std::size_t observable = 0;
            const auto drain = [&](Array<float>& column) {
                device_.launch(device::DrainBin{factor, column.view(), {record.data() + shape.sum(bin, i, observable++), 2}}, column.size());
            };
            if (flags.v) drain(populations_[i].v_integral);
            if (flags.order_parameter) {
                drain(populations_[i].z_re);
                drain(populations_[i].z_im);
            }
        }
    }

    /// Ids that fired in `step`, ascending.
    std::vector<std::uint32_t> spikes_of(std::size_t population, std::int64_t step) const {
        std::uint32_t size = 0;
        device_.download(list_sizes_, &size, 1, slot(step) * populations_.size() + population);
        std::vector<std::uint32_t> ids(size);
        device_.download(populations_[population].lists[slot(step)], ids.data(), ids.size());
        std::sort(ids.begin(), ids.end());
        return ids;
    }

    // ---- checkpoint ----

    std::uint64_t identity() const {
        std::vector<std::uint64_t> checksums;
        for (const ProjectionState& s : projections_) checksums.push_back(s.graph.checksum);
        return spiking::checkpoint_identity(network_, checksums);
    }
    spiking::Checkpoint empty_checkpoint() const {
        spiking::Checkpoint c;
        for (const PopulationState& p : populations_)
            c.populations.push_back({std::vector(p.columns.size(), std::vector<float>(static_cast<std::size_t>(p.spec->size))), std::vector<std::vector<std::uint32_t>>(static_cast<std::size_t>(ring_))});
        for (const ProjectionState& s : projections_) c.traces.emplace_back(s.trace.size() ? s.trace.size() : static_cast<std::size_t>(models::stages_of(static_cast<int>(s.spec->synapse.kind))));
        return c;
    }

    Network network_;
    std::shared_ptr<Device> shared_device_;
    Device& device_;
    std::int64_t ring_, step_ = 0;
    std::vector<PopulationState> populations_;
    std::vector<ProjectionState> projections_;
    std::vector<ProjectionFacts> facts_;
    std::vector<device::ScalarTerm> host_scalar_terms_;
    std::vector<float> scalar_starts_;
    Array<device::ScalarTerm> scalar_terms_;
    Array<float> scalars_, scalar_traces_;
    Array<std::uint32_t> list_sizes_, digest_;
    RecordRing<Device> record_;
    EnsembleTables tables_;
    std::uint64_t spikes_ = 0;
    spiking::Capped capped_;
    SpikeSink sink_;
};

}  // namespace spikemass::gpu
