#pragma once
// --live rates: live.h5, which can be read while the sweep goes on and ends with the values of the dataset.

#include <optional>

#include "host/live/consumers.hpp"
#include "host/output/live_file.hpp"

namespace spikemass {

class RatesWriter final : public LiveConsumer {
public:
    explicit RatesWriter(const LiveContext& context) : header_(context.header), path_(context.place("live.h5")) {}
    std::string name() const override { return "rates"; }
    void begin() override { file_.emplace(path_, header_); }
    void take(const RateChunk& chunk) override {
        const output::TrialId id{chunk.reference ? output::RunKind::reference : output::RunKind::point, chunk.point, chunk.trial};
        if (chunk.forget) file_->clear(id);
        else file_->write(id, chunk.first_bin, chunk.rate, chunk.v);
    }
    void finish(bool) override { file_->sync(); }

private:
    const output::SweepHeader& header_;
    std::filesystem::path path_;
    std::optional<output::LiveFile> file_;
};

}  // namespace spikemass
