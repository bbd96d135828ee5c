#include <string>

#include "kernels/device/shim_launch.hpp"

namespace spikemass::shim {

bool Launch::ordered(const Trace& before, unsigned t) {
    if (before.time == 0 || before.thread == t) return true;
    switch (distance(before.thread, t)) {
        case 1:
            if (before.time < warp(t).last_sync) return true;
            [[fallthrough]];
        case 2:
            if (before.time < block(t).last_sync) return true;
            [[fallthrough]];
        default: return before.time < cluster(t).last_sync || before.time < grid_.last_sync;
    }
}

void Launch::race(const ByteHistory& byte, unsigned t, Access kind, const void* p, std::uint64_t index, std::uint64_t size, Where where) {
    static const char* const now[] = {"reads", "writes", "changes atomically"};
    static const char* const then[] = {"read", "wrote", "changed atomically"};
    const auto against = [&](const Trace& other, Access what) {
        if (ordered(other, t)) return;
        const Thread& who_else = threads_[other.thread];
        fault(FaultKind::race, self(), where,
              std::string("race: ") + now[static_cast<int>(kind)] + " element " + std::to_string(index) + " of " + std::to_string(size) + " in shared memory (byte " +
                  std::to_string(memory_.offset_of(p)) + " of block " + std::to_string(threads_[memory_.slot_of(p) * dims_.block].position.block) + "), which " +
                  who(who_else) + " " + then[static_cast<int>(what)] + " in line " + std::to_string(other.line) + " with no barrier between");
    };
    against(byte.write, Access::write);
    if (kind != Access::read)
        for (const Trace& r : byte.read) against(r, Access::read);
    if (kind != Access::atomic)
        for (const Trace& a : byte.atomic) against(a, Access::atomic);
}

// Keeps two accesses that no barrier parts as far apart as possible: a later opponent then meets at least one of them.
void Launch::remember(Trace (&two)[2], Trace now) {
    for (Trace& old : two)
        if (old.time == 0 || old.thread == now.thread) {
            old = now;
            return;
        }
    for (Trace& old : two)
        if (ordered(old, now.thread)) {
            old = now;
            return;
        }
    if (distance(two[0].thread, now.thread) > distance(two[0].thread, two[1].thread)) two[1] = now;
}

void Launch::access(const void* data, std::uint64_t index, std::uint64_t size, std::size_t element, Access kind, Where where) {
    const unsigned t = number(self());
    if (index >= size)
        fault(FaultKind::out_of_bounds, where, "element " + std::to_string(index) + " of an array of " + std::to_string(size) + " in shared memory");
    const auto* p = static_cast<const unsigned char*>(data) + index * element;
    if (!memory_.holds(p) || memory_.offset_of(p) + element > memory_.bytes())
        fault(FaultKind::out_of_bounds, where, "an array that does not lie in the block's " + std::to_string(memory_.bytes()) + " bytes of shared memory");
    if (memory_.slot_of(p) / dims_.cluster != slot(t) / dims_.cluster)
        fault(FaultKind::out_of_bounds, where, "shared memory of a block of another cluster");
    if (const unsigned owner = memory_.slot_of(p); owner != slot(t) && blocks_[owner].done > 0)
        fault(FaultKind::out_of_bounds, where, "shared memory of a block that has begun to leave the kernel; a cluster barrier must come before");
    const Trace now{time_, static_cast<std::uint16_t>(t), static_cast<std::uint16_t>(where.line)};
    ByteHistory* byte = memory_.history(p);
    for (std::size_t i = 0; i < element; ++i, ++byte) {
        if (kind != Access::write && byte->write.time == 0)
            fault(FaultKind::uninitialised, where, "element " + std::to_string(index) + " of " + std::to_string(size) + " in shared memory is read, but nobody wrote it");
        race(*byte, t, kind, p, index, size, where);
        if (kind == Access::write) byte->write = now;
        else remember(kind == Access::read ? byte->read : byte->atomic, now);
    }
}

void Launch::atomic(const void* p, Where where) {
    if (memory_.holds(p)) access(p, 0, 1, sizeof(std::uint32_t), Access::atomic, where);
}

unsigned char* Launch::map(unsigned char* p, unsigned rank, Where where) {
    const unsigned t = number(self());
    if (rank >= dims_.cluster) fault(FaultKind::out_of_bounds, where, "block " + std::to_string(rank) + " of a cluster of " + std::to_string(dims_.cluster));
    if (!memory_.holds(p) || memory_.slot_of(p) != slot(t)) fault(FaultKind::out_of_bounds, where, "cluster_map wants a place in the block's own shared memory");
    return memory_.block(slot(t) - slot(t) % dims_.cluster + rank) + memory_.offset_of(p);
}

}  // namespace spikemass::shim
