#include "kernels/engine.hpp"

#include <omp.h>

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cmath>
#include <stdexcept>

#include "host/cpu/floating_point.hpp"
#include "host/cpu/graph.hpp"
#include "host/spiking/checkpoint.hpp"
#include "host/spiking/setup.hpp"
#include "kernels/delays.hpp"
#include "kernels/stimulus.hpp"
#include "models/base/random.hpp"
#include "models/registry.hpp"
#include "models/synapses/registry.hpp"

namespace spikemass::cpu {

namespace {

constexpr std::int64_t range_neurons = 16384;   ///< most neurons of one update task; a multiple of 64
constexpr double fixed_one = 0x1p30;

struct PopulationState {
    const Population* spec = nullptr;
    std::uint64_t key = 0;
    std::int64_t words = 0;                          ///< of a spike mask
    std::vector<Buffer<float>> columns;
    std::vector<float*> column_pointers;
    Buffer<float> eta, v_integral, z_re, z_im;
    std::vector<Buffer<std::uint64_t>> masks;        ///< [ring slot]
    std::vector<std::vector<std::uint64_t>> counts;  ///< [ring slot][range]
    std::vector<InputTerm> terms;                    ///< by (port, projection key)
    int port_terms[3] = {0, 0, 0};
    std::vector<models::Noise> noise;
    std::vector<float*> noise_state;                 ///< [noise] null, or its column
    std::vector<std::size_t> term_projection;
    spiking::StepConstants step;
};

/// Spikes of one population, `delay` steps ago, as ids: what rows are looked up with.
struct SpikeList {
    std::size_t population;
    std::int64_t delay;
    Buffer<std::uint32_t> ids;                       ///< range r writes from its first neuron on
    std::vector<SpikeSegment> segments;              ///< [range]
};

struct ProjectionState {
    const Projection* spec = nullptr;
    Graph graph;
    Buffer<std::uint16_t> counts16;                  ///< [slot][target]; one slot where all synapses have the same delay
    Buffer<std::uint32_t> counts32;
    Buffer<std::int32_t> sums;
    std::int64_t slots = 1;                          ///< drawn delays: the longest; arrivals of step n are in slot n mod slots
    std::size_t stride = 0;                          ///< counts of a slot
    std::vector<void*> slot;                         ///< [2 slots] drawn delays: where slots begin, twice
    Buffer<float> gain_of, trace;                    ///< trace: [stage][target]
    float scalar_trace[2] = {}, scalar_trace_before[2] = {};   ///< [stage] of an all-to-all projection; before = without the pending step
    std::vector<float> prehistory;                   ///< [step]
    std::size_t list = 0;
    std::size_t term = 0;                            ///< index into the target population's terms
    RandomKey annealed;
};

struct Range {
    std::size_t population;
    std::int64_t begin, end;
    std::size_t index;                               ///< within its population
};

/// A piece of propagation that one thread does alone.
struct Task {
    std::size_t projection;
    std::int64_t chunk = 0;                          ///< of bit_rows
    std::uint32_t begin = 0, end = ~0u;              ///< blocks of rows16, targets of rows32
};

}  // namespace

class CpuEngine final : public Engine {
public:
    CpuEngine(const Network& network, const CpuOptions& options);

    void advance(std::int64_t steps) override { run(1, steps, nullptr, nullptr); }
    void record(std::int64_t bins, std::int64_t steps_per_bin, const RecordFlags& flags, std::vector<PopulationBins>& out) override {
        out.resize(populations_.size());
        run(bins, steps_per_bin, &flags, &out);
    }
    void set_spike_sink(SpikeSink sink) override { sink_ = std::move(sink); }
    std::int64_t step() const override { return step_; }
    std::uint64_t digest() const override { return static_cast<std::uint64_t>(digest_high_) << 32 | digest_low_; }
    std::uint64_t spikes() const override { return spikes_; }
    const std::vector<ProjectionFacts>& projections() const override { return facts_; }
    std::string strategy() const override { return std::string("rows/") + isa_.name + "/" + std::to_string(threads_) + (threads_ == 1 ? " thread" : " threads"); }
    double capped_fraction() const override { return capped_fraction_; }
    double capped_rate_bound() const override { return capped_rate_bound_; }
    void save(std::ostream&) const override;
    void load(std::istream&) override;

private:
    void build_population(std::size_t index);
    void build_projection(std::size_t index, const GraphOptions& options);
    void plan_tasks();
    std::uint64_t identity() const;
    std::vector<std::uint32_t> spikes_of(std::size_t population, std::int64_t step) const;
    spiking::Checkpoint empty_checkpoint() const;

    void run(std::int64_t bins, std::int64_t steps_per_bin, const RecordFlags* flags, std::vector<PopulationBins>* out);
    void update_range(const Range& range, std::int64_t step, const RecordFlags* flags, UpdateResult& result);
    void list_range(const Range& range, std::int64_t next_step);
    void propagate(const Task& task, std::int64_t step);
    void propagate_delayed(const ProjectionState& s, const Task& task, const SpikeSegment* segments, std::size_t n, void* const* slot);
    void rebuild_slots(ProjectionState& s, const std::vector<std::vector<std::uint32_t>>& spikes, std::int64_t step);
    void prepare_scalars(std::int64_t step);
    void close_bin(std::int64_t steps_per_bin, const RecordFlags& flags, std::vector<PopulationBins>& out);
    void deliver_spikes(std::int64_t step);
    std::size_t slot(std::int64_t step) const { return static_cast<std::size_t>(((step % ring_) + ring_) % ring_); }

    Network network_;
    const Isa& isa_;
    int threads_;
    std::vector<PopulationState> populations_;
    std::vector<ProjectionState> projections_;
    std::vector<ProjectionFacts> facts_;
    std::vector<SpikeList> lists_;
    std::vector<Range> ranges_;
    std::vector<Task> tasks_;
    std::int64_t ring_ = 1;
    std::int64_t step_ = 0;
    bool pending_ = false;                           ///< counts for step_ are already propagated
    std::vector<float> stimulus_;                    ///< [population], of the current step
    std::uint32_t digest_low_ = 0, digest_high_ = 0;
    std::uint64_t spikes_ = 0;
    std::vector<std::uint64_t> bin_spikes_;          ///< [population]
    double capped_fraction_ = 0, capped_rate_bound_ = 0;
    SpikeSink sink_;
};

// ---- build --------------------------------------------------------------------------------------------------------------

CpuEngine::CpuEngine(const Network& network, const CpuOptions& options)
    : network_(network), isa_(best_isa()), threads_(std::max(1, options.threads)) {
    const FloatingPointGuard guard;
    ring_ = spiking::longest_delay(network_);
    populations_.resize(network_.populations.size());
    projections_.resize(network_.projections.size());
    facts_.resize(network_.projections.size());
    bin_spikes_.assign(populations_.size(), 0);
    stimulus_.assign(populations_.size(), 0.0f);
    GraphOptions graph_options{threads_, options.format == "rows16"     ? Format::rows16
                                         : options.format == "rows32"   ? Format::rows32
                                         : options.format == "bit_rows" ? Format::bit_rows
                                                                        : Format::none};
    for (std::size_t i = 0; i < populations_.size(); ++i) build_population(i);
    const std::vector<std::size_t> by_key = spiking::projections_by_key(network_);
    for (int port = 0; port < 3; ++port)
        for (std::size_t i : by_key) {
            const Projection& p = network_.projections[i];
            if (spiking::port_of(network_.populations[p.target], p.strength) != port) continue;
            build_projection(i, graph_options);
            ++populations_[p.target].port_terms[port];
        }
    plan_tasks();
}

void CpuEngine::build_population(std::size_t index) {
    PopulationState& p = populations_[index];
    p.spec = &network_.populations[index];
    p.key = name_key(p.spec->name);
    const std::int64_t n = p.spec->size;
    p.words = (n + 63) / 64;
    p.step = spiking::prepare_step(network_, index);
    const std::size_t columns = spiking::state_columns(network_, index);
    for (std::size_t c = 0; c < columns; ++c) p.columns.emplace_back(static_cast<std::size_t>((n + 63) / 64 * 64));
    for (auto& c : p.columns) p.column_pointers.push_back(c.data());
    p.noise = spiking::noise_of(network_, index);
    for (int c : spiking::noise_columns(network_, index)) p.noise_state.push_back(c < 0 ? nullptr : p.column_pointers[static_cast<std::size_t>(c)]);
    p.eta = Buffer<float>(static_cast<std::size_t>(n));
    const spiking::Capped capped = spiking::draw_population(network_, index, p.eta.data(), p.column_pointers.data());
    capped_fraction_ = std::max(capped_fraction_, capped.fraction);
    capped_rate_bound_ = std::max(capped_rate_bound_, capped.rate_bound);

    for (std::int64_t s = 0; s < ring_; ++s) p.masks.emplace_back(static_cast<std::size_t>(p.words));
    std::size_t ranges = 0;
    // Enough ranges for every thread, none smaller than a few microseconds of work.
    const std::int64_t wanted = std::clamp((n / threads_ + 63) / 64 * 64, std::int64_t{1024}, range_neurons);
    for (std::int64_t b = 0; b < n; b += wanted) ranges_.push_back({index, b, std::min(n, b + wanted), ranges++});
    p.counts.assign(static_cast<std::size_t>(ring_), std::vector<std::uint64_t>(ranges, 0));
}

void CpuEngine::build_projection(std::size_t index, const GraphOptions& options) {
    ProjectionState& s = projections_[index];
    const Projection& p = network_.projections[index];
    s.spec = &p;
    const Population &source = network_.populations[p.source], &target = network_.populations[p.target];
    s.graph = build_graph(p, network_.seeds, source.size, target.size, p.source == p.target, isa_, options);
    const auto n = static_cast<std::size_t>(target.size);
    const TopologyKind kind = p.topology.kind;

    InputTerm term;
    const bool delayed = s.graph.format != Format::none && p.delay_law != DelayLaw::constant;
    if (delayed) s.slots = p.delay_steps;
    const auto slots = static_cast<std::size_t>(s.slots);
    const bool own_excluded = kind == TopologyKind::all_to_all && p.source == p.target && !p.topology.self_connections;
    if (kind == TopologyKind::all_to_all && !own_excluded) {
        term.kind = InputTerm::Kind::scalar;
    } else if (s.graph.format != Format::none && p.strength_sd > 0) {
        s.sums = Buffer<std::int32_t>(slots * n);
        s.stride = n;
        term.kind = InputTerm::Kind::signed32;
        term.counts = s.sums.data();
    } else if (s.graph.format != Format::none && s.graph.max_indegree < 65536) {
        // bit rows write whole chunks of 512
        s.stride = (n + 511) / 512 * 512;
        s.counts16 = Buffer<std::uint16_t>(slots * s.stride);
        term.kind = InputTerm::Kind::count16;
        term.counts = s.counts16.data();
    } else {
        s.stride = n;
        s.counts32 = Buffer<std::uint32_t>(slots * n);
        term.kind = InputTerm::Kind::count32;
        term.counts = s.counts32.data();
    }

    for (std::size_t k = 0; delayed && k < 2 * slots; ++k) {
        const std::size_t first = k % slots * s.stride;
        s.slot.push_back(s.sums.size() ? static_cast<void*>(s.sums.data() + first) : s.counts16.size() ? static_cast<void*>(s.counts16.data() + first) : s.counts32.data() + first);
    }

    const spiking::GraphFacts built{s.graph.format != Format::none, s.graph.k_mean, s.graph.weight_unit};
    const spiking::Drive drive = spiking::prepare_drive(network_, p, built);
    const std::vector<float> gains = spiking::gains_of_targets(network_, p, built, s.graph.indegree);
    if (!gains.empty()) {
        s.gain_of = Buffer<float>(n);
        std::copy(gains.begin(), gains.end(), s.gain_of.data());
        term.gain_of = s.gain_of.data();
    }
    term.gain = drive.gain;
    s.prehistory = drive.prehistory;
    term.stages = drive.stages;
    term.synapse = drive.synapse;
    for (float& x : s.scalar_trace) x = drive.trace_start;
    if (drive.stages > 0 && term.kind != InputTerm::Kind::scalar) {
        s.trace = Buffer<float>(n * static_cast<std::size_t>(drive.stages));
        std::fill_n(s.trace.data(), s.trace.size(), drive.trace_start);
        for (std::size_t k = 0; k < static_cast<std::size_t>(drive.stages); ++k) term.trace[k] = s.trace.data() + k * n;
    }
    PopulationState& t = populations_[p.target];
    s.term = t.terms.size();
    t.terms.push_back(term);
    t.term_projection.push_back(index);

    if (s.graph.format != Format::none || kind == TopologyKind::annealed) {
        const std::int64_t list_delay = delayed ? 1 : p.delay_steps;   // drawn delays: spikes are delivered at once, each synapse into its slot
        const auto found = std::find_if(lists_.begin(), lists_.end(), [&](const SpikeList& l) { return l.population == p.source && l.delay == list_delay; });
        s.list = static_cast<std::size_t>(found - lists_.begin());
        if (found == lists_.end()) {
            SpikeList list{p.source, list_delay, Buffer<std::uint32_t>(static_cast<std::size_t>(source.size)), {}};
            for (const Range& r : ranges_)
                if (r.population == p.source) list.segments.push_back({list.ids.data() + r.begin, 0});
            lists_.push_back(std::move(list));
        }
    }
    if (kind == TopologyKind::annealed) s.annealed = random_key(network_.seeds.noise, name_key(p.name), Stream::annealed);

    ProjectionFacts& f = facts_[index];
    f.synapses = s.graph.synapses;
    f.k_mean = s.graph.k_mean;
    f.k_var = s.graph.k_var;
    f.degree_correlation = s.graph.degree_correlation;
    f.graph_checksum = s.graph.checksum;
    f.effective_delay = kernels::mean_delay_steps(p) * network_.dt;
    f.weight = spiking::mean_weight(p, built);
    f.weight_unit = drive.weighted ? s.graph.weight_unit : 0.0;
    f.format = kind == TopologyKind::annealed ? "annealed" : std::string(format_name(s.graph.format)) + (drive.weighted ? "/weighted" : "") + (delayed ? "/delays" : "");
    std::vector<std::uint32_t>().swap(s.graph.indegree);
}

void CpuEngine::plan_tasks() {
    for (std::size_t i = 0; i < projections_.size(); ++i) {
        const ProjectionState& s = projections_[i];
        const TopologyKind kind = s.spec->topology.kind;
        const std::int64_t n = network_.populations[s.spec->target].size;
        switch (s.graph.format) {
            case Format::rows16: {   // few tasks: a row's blocks share the trip to memory
                const std::size_t blocks = s.graph.rows16.blocks, parts = threads_ == 1 ? 1 : std::min(blocks, 2 * static_cast<std::size_t>(threads_));
                for (std::size_t t = 0; t < parts; ++t)
                    tasks_.push_back({i, 0, static_cast<std::uint32_t>(blocks * t / parts), static_cast<std::uint32_t>(blocks * (t + 1) / parts)});
                break;
            }
            case Format::rows32:
                for (int t = 0; t < threads_; ++t)
                    tasks_.push_back({i, 0, static_cast<std::uint32_t>(n * t / threads_), t + 1 == threads_ ? ~0u : static_cast<std::uint32_t>(n * (t + 1) / threads_)});
                break;
            case Format::bit_rows: {
                const std::int64_t chunks = (n + 511) / 512;
                for (std::int64_t c = 0; c < chunks; ++c) tasks_.push_back({i, c});
                break;
            }
            case Format::none:
                if (kind == TopologyKind::annealed || populations_[s.spec->target].terms[s.term].kind != InputTerm::Kind::scalar) tasks_.push_back({i, 0});
                break;
        }
    }
}

// ---- one step -----------------------------------------------------------------------------------------------------------

void CpuEngine::update_range(const Range& r, std::int64_t step, const RecordFlags* flags, UpdateResult& result) {
    PopulationState& p = populations_[r.population];
    UpdateArgs a;
    a.begin = r.begin;
    a.end = r.end;
    a.columns = p.column_pointers.data();
    a.eta = p.eta.data();
    a.stimulus = stimulus_[r.population];
    a.terms = p.terms.data();
    a.n_terms = p.port_terms[0];
    a.port_terms[0] = p.port_terms[1];
    a.port_terms[1] = p.port_terms[2];
    a.noise = p.noise.data();
    a.noise_state = p.noise_state.data();
    a.n_noise = static_cast<int>(p.noise.size());
    a.step = p.step.bytes;
    a.mask = p.masks[slot(step)].data();
    if (flags && flags->v) a.v_integral = p.v_integral.data();
    if (flags && flags->order_parameter) {
        a.z_re = p.z_re.data();
        a.z_im = p.z_im.data();
    }
    SpikeList* direct = nullptr;   // the list of delay 1 falls out of the update
    for (SpikeList& l : lists_)
        if (l.population == r.population && l.delay == 1) direct = &l;
    if (direct) a.list = direct->ids.data();
    a.population_key = p.key;
    a.step_number = static_cast<std::uint64_t>(step);
    const UpdateResult u = isa_.update[static_cast<int>(p.spec->model)](a);
    if (direct) direct->segments[r.index].size = u.spikes;
    p.counts[slot(step)][r.index] = u.spikes;
    result.spikes += u.spikes;
    result.digest_low += u.digest_low;
    result.digest_high += u.digest_high;
}

/// Spike lists for deliveries at `next_step` whose spikes are older than one step.
void CpuEngine::list_range(const Range& r, std::int64_t next_step) {
    for (SpikeList& l : lists_) {
        if (l.population != r.population || (l.delay == 1 && pending_)) continue;
        std::uint32_t* out = l.ids.data() + r.begin;
        std::size_t n = 0;
        if (next_step - l.delay >= 0) {
            const Buffer<std::uint64_t>& mask = populations_[r.population].masks[slot(next_step - l.delay)];
            for (std::int64_t w = r.begin / 64; w < (r.end + 63) / 64; ++w)
                for (std::uint64_t m = mask[static_cast<std::size_t>(w)]; m != 0; m &= m - 1) out[n++] = static_cast<std::uint32_t>(w * 64 + std::countr_zero(m));
        }
        l.segments[r.index].size = n;
    }
}

void CpuEngine::propagate(const Task& task, std::int64_t step) {
    ProjectionState& s = projections_[task.projection];
    const Graph& g = s.graph;
    if (g.format == Format::none && s.spec->topology.kind == TopologyKind::all_to_all) {   // every spike but one's own
        const PopulationState& source = populations_[s.spec->source];
        std::uint64_t total = 0;
        const std::int64_t at = step - s.spec->delay_steps;
        if (at >= 0)
            for (std::uint64_t c : source.counts[slot(at)]) total += c;
        const auto all = static_cast<std::uint32_t>(total);
        for (std::size_t i = 0; i < s.counts32.size(); ++i)
            s.counts32[i] = at < 0 ? 0 : all - static_cast<std::uint32_t>((source.masks[slot(at)][i / 64] >> (i & 63)) & 1);
        return;
    }
    const SpikeList& list = lists_[s.list];
    const SpikeSegment* segments = list.segments.data();
    const std::size_t n = list.segments.size();
    if (!s.slot.empty()) {
        propagate_delayed(s, task, segments, n, s.slot.data() + static_cast<std::size_t>((step + s.slots - 1) % s.slots));   // slot[d]: d steps after step - 1
    } else if (g.format == Format::rows16) {
        const auto view = g.rows16.view();
        if (s.sums.size()) isa_.rows16_weighted(view, segments, n, task.begin, task.end, s.sums.data());
        else if (s.counts16.size()) isa_.rows16_count16(view, segments, n, task.begin, task.end, s.counts16.data());
        else isa_.rows16_count32(view, segments, n, task.begin, task.end, s.counts32.data());
    } else if (g.format == Format::rows32) {
        const auto view = g.rows32.view();
        if (s.sums.size()) isa_.rows32_weighted(view, segments, n, task.begin, task.end, s.sums.data());
        else if (s.counts16.size()) isa_.rows32_count16(view, segments, n, task.begin, task.end, s.counts16.data());
        else isa_.rows32_count32(view, segments, n, task.begin, task.end, s.counts32.data());
    } else if (g.format == Format::bit_rows) {
        isa_.bit_rows(g.bits.data() + static_cast<std::size_t>(task.chunk * g.n_sources * 8), segments, n, s.counts16.data() + task.chunk * 512);
    } else {   // annealed: targets redrawn at every spike, with replacement
        const std::int64_t fired = step - s.spec->delay_steps;
        const auto n_targets = static_cast<std::uint64_t>(network_.populations[s.spec->target].size);
        const double per_spike = s.spec->topology.mean_indegree * static_cast<double>(n_targets) / static_cast<double>(network_.populations[s.spec->source].size);
        const auto k = static_cast<std::uint32_t>(per_spike + 0.5);
        for (std::size_t seg = 0; seg < n; ++seg)
            for (std::size_t i = 0; i < segments[seg].size; ++i)
                for (std::uint32_t j = 0; j < k; j += 2) {
                    const auto b = s.annealed.block(segments[seg].ids[i], static_cast<std::uint64_t>(fired), j >> 1);
                    ++s.counts32[mulhi64(static_cast<std::uint64_t>(b.word[1]) << 32 | b.word[0], n_targets)];
                    if (j + 1 < k) ++s.counts32[mulhi64(static_cast<std::uint64_t>(b.word[3]) << 32 | b.word[2], n_targets)];
                }
    }
}

/// `slot`: [delay], slots of the projection's counts.
void CpuEngine::propagate_delayed(const ProjectionState& s, const Task& task, const SpikeSegment* segments, std::size_t n, void* const* slot) {
    if (s.graph.format == Format::rows16) {
        const auto view = s.graph.rows16.view();
        if (s.sums.size()) isa_.delayed16_weighted(view, segments, n, task.begin, task.end, slot);
        else if (s.counts16.size()) isa_.delayed16_count16(view, segments, n, task.begin, task.end, slot);
        else isa_.delayed16_count32(view, segments, n, task.begin, task.end, slot);
    } else {
        const auto view = s.graph.rows32.view();
        if (s.sums.size()) isa_.delayed32_weighted(view, segments, n, task.begin, task.end, slot);
        else if (s.counts16.size()) isa_.delayed32_count16(view, segments, n, task.begin, task.end, slot);
        else isa_.delayed32_count32(view, segments, n, task.begin, task.end, slot);
    }
}

/// What spikes of the last steps will still bring, from [age - 1][spike]; those one step old are delivered with the next step.
void CpuEngine::rebuild_slots(ProjectionState& s, const std::vector<std::vector<std::uint32_t>>& spikes, std::int64_t step) {
    Buffer<std::uint32_t> delivered(s.stride);   // of any kind of count
    const Task all{0, 0, 0, s.graph.format == Format::rows16 ? static_cast<std::uint32_t>(s.graph.rows16.blocks) : ~0u};
    for (std::int64_t age = 2; age <= std::min(s.slots, step); ++age) {
        std::vector<void*> slot;
        for (std::int64_t d = 0; d <= s.slots; ++d) slot.push_back(d < age ? static_cast<void*>(delivered.data()) : s.slot[static_cast<std::size_t>((step - age + d) % s.slots)]);
        const auto& ids = spikes[static_cast<std::size_t>(age - 1)];
        const SpikeSegment segment{ids.data(), ids.size()};
        propagate_delayed(s, all, &segment, 1, slot.data());
    }
}

/// What is one number per population and step: stimulus, all-to-all input, arrivals from before time zero.
void CpuEngine::prepare_scalars(std::int64_t step) {
    for (std::size_t i = 0; i < populations_.size(); ++i) stimulus_[i] = spiking::common_input(network_, i, step);
    for (ProjectionState& s : projections_) {
        InputTerm& t = populations_[s.spec->target].terms[s.term];
        const std::int64_t at = step - s.spec->delay_steps;
        t.prehistory = static_cast<std::size_t>(step) < s.prehistory.size() ? s.prehistory[static_cast<std::size_t>(step)] : 0.0f;
        if (!s.slot.empty()) t.counts = s.slot[static_cast<std::size_t>(step % s.slots)];
        if (t.kind != InputTerm::Kind::scalar) continue;
        std::uint64_t total = 0;
        if (at >= 0)
            for (std::uint64_t c : populations_[s.spec->source].counts[slot(at)]) total += c;
        const float arrivals = static_cast<float>(total) + t.prehistory;
        std::copy_n(s.scalar_trace, 2, s.scalar_trace_before);
        const float drive = t.stages == 0   ? arrivals
                            : t.stages == 1 ? models::Exponential::advance(t.synapse.first, s.scalar_trace[0], arrivals)
                                            : models::Cascade::advance(t.synapse, s.scalar_trace[0], s.scalar_trace[1], arrivals);
        t.scalar = t.gain_of ? drive : t.gain * drive;
    }
}

/// Ids that fired in `step`, ascending; the step must not be older than the longest delay.
std::vector<std::uint32_t> CpuEngine::spikes_of(std::size_t population, std::int64_t step) const {
    std::vector<std::uint32_t> ids;
    const Buffer<std::uint64_t>& mask = populations_[population].masks[slot(step)];
    for (std::size_t w = 0; w < mask.size(); ++w)
        for (std::uint64_t m = mask[w]; m != 0; m &= m - 1) ids.push_back(static_cast<std::uint32_t>(w * 64 + static_cast<std::size_t>(std::countr_zero(m))));
    return ids;
}

void CpuEngine::deliver_spikes(std::int64_t step) {
    for (std::size_t i = 0; i < populations_.size(); ++i) sink_(i, step, spikes_of(i, step));
}

void CpuEngine::close_bin(std::int64_t steps_per_bin, const RecordFlags& flags, std::vector<PopulationBins>& out) {
    const auto steps = static_cast<double>(steps_per_bin);
    for (std::size_t i = 0; i < populations_.size(); ++i) {
        PopulationState& p = populations_[i];
        const auto n = static_cast<double>(p.spec->size);
        const auto mean = [&](Buffer<float>& column) {   // fixed point: any order, the same sum
            std::int64_t sum = 0;
            for (const Range& r : ranges_)
                if (r.population == i) sum += isa_.drain_bin(column.data() + r.begin, r.end - r.begin, static_cast<float>(1.0 / steps));
            return static_cast<double>(sum) / fixed_one / n;
        };
        PopulationBins& b = out[i];
        b.spike_count.push_back(bin_spikes_[i]);
        b.rate.push_back(static_cast<double>(bin_spikes_[i]) / (n * steps * network_.dt));
        if (flags.v) b.v.push_back(mean(p.v_integral) * (p.spec->tau / network_.dt));
        if (flags.order_parameter && spiking::has_phase(*p.spec)) {
            b.z_re.push_back(mean(p.z_re));
            b.z_im.push_back(mean(p.z_im));
        }
        bin_spikes_[i] = 0;
    }
}

/// Two phases per step, a barrier after each: update (own neurons, own spikes) and propagate (own targets).  No atomics on
/// network state: every counter has one writer.  The barrier blocks in the kernel after a short wait; nothing spins.
void CpuEngine::run(std::int64_t bins, std::int64_t steps_per_bin, const RecordFlags* flags, std::vector<PopulationBins>* out) {
    if (flags)
        for (PopulationState& p : populations_) {
            const auto n = static_cast<std::size_t>(p.spec->size);
            if (flags->v && p.v_integral.size() == 0) p.v_integral = Buffer<float>(n);
            if (flags->order_parameter && p.z_re.size() == 0) {
                p.z_re = Buffer<float>(n);
                p.z_im = Buffer<float>(n);
            }
        }
    struct alignas(64) Partial {
        UpdateResult total;
        std::vector<std::uint64_t> spikes;   ///< [population]
    };
    std::vector<Partial> partial(static_cast<std::size_t>(threads_));
    for (Partial& p : partial) p.spikes.assign(populations_.size(), 0);
    std::barrier barrier(threads_);

#pragma omp parallel num_threads(threads_)
    {
        const FloatingPointGuard guard;
        const auto me = static_cast<std::size_t>(omp_get_thread_num());
        const auto n_threads = static_cast<std::size_t>(threads_);
        Partial& mine = partial[me];
        const auto wait = [&] {
            if (n_threads > 1) barrier.arrive_and_wait();
        };
        const auto share = [&](std::size_t n, auto&& work) {   // contiguous, the same every step: first touch stays local
            for (std::size_t i = n * me / n_threads; i < n * (me + 1) / n_threads; ++i) work(i);
        };
        const auto propagate_all = [&](std::int64_t step) {
            share(tasks_.size(), [&](std::size_t i) { propagate(tasks_[i], step); });
            if (me == 0) prepare_scalars(step);
        };
        std::int64_t step = step_;
        if (!pending_) {
            share(ranges_.size(), [&](std::size_t i) { list_range(ranges_[i], step); });
            wait();
            propagate_all(step);
            wait();
        }
        if (me == 0 && !pending_) pending_ = true;
        wait();
        for (std::int64_t bin = 0; bin < bins; ++bin) {
            for (std::int64_t k = 0; k < steps_per_bin; ++k, ++step) {
                share(ranges_.size(), [&](std::size_t i) {
                    const std::uint64_t before = mine.total.spikes;
                    update_range(ranges_[i], step, flags, mine.total);
                    mine.spikes[ranges_[i].population] += mine.total.spikes - before;
                });
                if (ring_ > 1) share(ranges_.size(), [&](std::size_t i) { list_range(ranges_[i], step + 1); });
                wait();
                if (me == 0 && sink_) deliver_spikes(step);
                propagate_all(step + 1);
                wait();
            }
            if (me == 0) {
                for (Partial& p : partial)
                    for (std::size_t i = 0; i < populations_.size(); ++i) {
                        bin_spikes_[i] += p.spikes[i];
                        p.spikes[i] = 0;
                    }
                if (flags)
                    close_bin(steps_per_bin, *flags, *out);
                else
                    std::fill(bin_spikes_.begin(), bin_spikes_.end(), 0);
            }
            wait();
        }
    }
    for (const Partial& p : partial) {
        digest_low_ += p.total.digest_low;
        digest_high_ += p.total.digest_high;
        spikes_ += p.total.spikes;
    }
    step_ += bins * steps_per_bin;
}

// ---- checkpoint ---------------------------------------------------------------------------------------------------------

std::uint64_t CpuEngine::identity() const {
    std::vector<std::uint64_t> checksums;
    for (const ProjectionState& s : projections_) checksums.push_back(s.graph.checksum);
    return spiking::checkpoint_identity(network_, checksums);
}

/// Shapes only.
spiking::Checkpoint CpuEngine::empty_checkpoint() const {
    spiking::Checkpoint c;
    for (const PopulationState& p : populations_)
        c.populations.push_back({std::vector(p.columns.size(), std::vector<float>(static_cast<std::size_t>(p.spec->size))), std::vector<std::vector<std::uint32_t>>(static_cast<std::size_t>(ring_))});
    for (const ProjectionState& s : projections_)
        c.traces.emplace_back(s.trace.size() ? s.trace.size() : static_cast<std::size_t>(models::stages_of(static_cast<int>(s.spec->synapse.kind))));
    return c;
}

void CpuEngine::save(std::ostream& out) const {
    spiking::Checkpoint c = empty_checkpoint();
    c.step = step_;
    c.digest_low = digest_low_;
    c.digest_high = digest_high_;
    c.spikes = spikes_;
    for (std::size_t i = 0; i < populations_.size(); ++i) {
        auto& part = c.populations[i];
        for (std::size_t k = 0; k < part.columns.size(); ++k) std::copy_n(populations_[i].columns[k].data(), part.columns[k].size(), part.columns[k].data());
        for (std::int64_t age = 1; age <= std::min(ring_, step_); ++age) part.spikes[static_cast<std::size_t>(age - 1)] = spikes_of(i, step_ - age);
    }
    for (std::size_t i = 0; i < projections_.size(); ++i) {
        const ProjectionState& s = projections_[i];
        if (s.trace.size())
            std::copy_n(s.trace.data(), s.trace.size(), c.traces[i].data());
        else if (!c.traces[i].empty())   // a pending step has already advanced the common trace
            std::copy_n(pending_ ? s.scalar_trace_before : s.scalar_trace, c.traces[i].size(), c.traces[i].data());
    }
    spiking::write_checkpoint(out, network_, identity(), c);
}

void CpuEngine::load(std::istream& in) {
    const spiking::Checkpoint c = spiking::read_checkpoint(in, network_, identity(), empty_checkpoint());
    for (std::size_t i = 0; i < populations_.size(); ++i) {
        PopulationState& p = populations_[i];
        const auto& part = c.populations[i];
        for (std::size_t k = 0; k < part.columns.size(); ++k) std::copy(part.columns[k].begin(), part.columns[k].end(), p.columns[k].data());
        for (std::int64_t age = 1; age <= ring_; ++age) {
            Buffer<std::uint64_t>& mask = p.masks[slot(c.step - age)];
            std::fill_n(mask.data(), mask.size(), 0);
            auto& counts = p.counts[slot(c.step - age)];
            std::fill(counts.begin(), counts.end(), 0);
            for (std::uint32_t id : part.spikes[static_cast<std::size_t>(age - 1)]) mask[id / 64] |= 1ull << (id % 64);
            for (const Range& range : ranges_)
                if (range.population == i)
                    for (std::int64_t k = range.begin / 64; k < (range.end + 63) / 64; ++k) counts[range.index] += static_cast<std::uint64_t>(std::popcount(mask[static_cast<std::size_t>(k)]));
        }
    }
    for (std::size_t i = 0; i < projections_.size(); ++i) {
        ProjectionState& s = projections_[i];
        if (s.trace.size())
            std::copy(c.traces[i].begin(), c.traces[i].end(), s.trace.data());
        else if (!c.traces[i].empty())
            std::copy(c.traces[i].begin(), c.traces[i].end(), s.scalar_trace);
        std::fill_n(s.counts16.data(), s.counts16.size(), 0);
        std::fill_n(s.counts32.data(), s.counts32.size(), 0);
        std::fill_n(s.sums.data(), s.sums.size(), 0);
        if (!s.slot.empty()) rebuild_slots(s, c.populations[s.spec->source].spikes, c.step);
    }
    step_ = c.step;
    digest_low_ = c.digest_low;
    digest_high_ = c.digest_high;
    spikes_ = c.spikes;
    pending_ = false;
}

}  // namespace spikemass::cpu

namespace spikemass {

std::unique_ptr<Engine> make_cpu_engine(const Network& network, const CpuOptions& options) { return std::make_unique<cpu::CpuEngine>(network, options); }

MemoryEstimate estimate_memory(const Network& network, const CpuOptions& options) {
    MemoryEstimate e;
    double stored = 0, peak = 0;
    std::int64_t ring = 1;
    for (const Projection& p : network.projections) ring = std::max(ring, p.delay_steps);
    for (const Population& p : network.populations) {
        const auto n = static_cast<double>(p.size);
        // columns, eta, recorder, masks; the double-precision draws are there while the population is built
        const std::size_t columns = std::max<std::size_t>(2, spiking::state_columns(network, static_cast<std::size_t>(&p - network.populations.data())));
        stored += n * (4.0 * static_cast<double>(columns) + 4 + 12 + static_cast<double>(ring) / 8.0);
        peak = std::max(peak, n * 24);
    }
    for (const Projection& p : network.projections) {
        const Population &s = network.populations[p.source], &t = network.populations[p.target];
        const auto g = cpu::estimate_graph(p, s.size, t.size, p.source == p.target, {options.threads, cpu::Format::none});
        peak = std::max(peak, g.build_bytes - g.bytes);
        stored += g.bytes + static_cast<double>(t.size) * 4 * (2 + std::max(1, models::stages_of(static_cast<int>(p.synapse.kind)))) + static_cast<double>(s.size) * 4;
        if (p.delay_law != DelayLaw::constant) stored += static_cast<double>(t.size) * static_cast<double>(p.delay_steps) * (p.strength_sd > 0 ? 4.0 : 2.0);
        e.synapses += g.synapses;
    }
    e.bytes = stored + peak;
    return e;
}

}  // namespace spikemass
