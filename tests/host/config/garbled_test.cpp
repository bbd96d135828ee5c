// Damaged files: whatever is done to one, nothing but Error comes out, with exit code 2 and a message of one paragraph.

#include <random>

#include "host/config/sweep_plan.hpp"
#include "tests/host/config/support.hpp"

namespace spikemass::test {
namespace {

const std::string full = net_toml +
                         "[stimulus.pulses]\ntarget = 'I'\nkind = 'pulse_train'\nstart = 1\nstop = 2\namplitude = 2\nperiod = 0.25\nwidth = 0.05\n"
                         "[stimulus.noise]\ntarget = 'I'\nkind = 'samples'\nstart = 1\ninterval = 0.5\nvalues = [1, -2.5, 3]\n"
                         "[sweep]\ntrials = 2\nreference = 'all_to_all'\nseeds = 'independent'\ndesign = 'grid'\n"
                         "\"projection.EE.topology.mean_indegree\" = [10, 20]\n\"projection.EE.topology.kind\" = ['erdos_renyi', 'fixed_indegree']\n";

class Garbled : public testing::Test {
protected:
    /// True if the text was accepted.
    bool survives(const std::string& text, const std::string& what) {
        const auto file = folder_.write("net.toml", text);
        try {
            const NetworkFile net = NetworkFile::load(file);
            const Configuration c = net.resolve();
            EXPECT_EQ(NetworkFile::from_json(c.resolved, "again").resolve().resolved.dump(), c.resolved.dump()) << what;
            if (net.has_sweep()) net.sweep();
            return true;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ExitCode::configuration) << what << ": " << error.what();
            EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << what << ": " << error.what();
            EXPECT_NE(std::string(error.what()).find("net.toml"), std::string::npos) << what << ": " << error.what();
        } catch (const std::exception& error) {
            ADD_FAILURE() << what << ": not an Error: " << error.what();
        }
        return false;
    }

    static std::vector<std::string> lines() {
        std::vector<std::string> out;
        std::istringstream in(full);
        for (std::string line; std::getline(in, line);) out.push_back(line);
        return out;
    }
    static std::string joined(const std::vector<std::string>& lines) {
        std::string out;
        for (const std::string& line : lines) out += line + "\n";
        return out;
    }

    Folder folder_;
};

TEST_F(Garbled, TheWholeFileIsRight) { EXPECT_TRUE(survives(full, "whole")); }

TEST_F(Garbled, DeletedOrDoubledLines) {
    const auto all = lines();
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto without = all;
        without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
        survives(joined(without), "without: " + all[i]);
        auto twice = all;
        twice.insert(twice.begin() + static_cast<std::ptrdiff_t>(i), all[i]);
        const bool accepted = survives(joined(twice), "twice: " + all[i]);
        EXPECT_EQ(accepted, all[i].empty()) << all[i];
    }
}

TEST_F(Garbled, OtherValues) {
    const auto all = lines();
    const char* values[] = {"0", "-1", "1", "0.5", "1e308", "-1e308", "1e-308", "nan", "inf", "-inf", "9223372036854775807", "true", "\"\"", "\"x\"", "\"E\"", "[]", "[1]", "[\"x\"]",
                            "[[1], {}]", "{}", "{ kind = 1 }", "{ kind = \"delta\" }", "{ a.b = 1 }", "1979-05-27", "07:32:00", "", "'''\na\nb'''", "\"\\u0007\\n\"", "\"\xc3\xa9\""};
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto equals = all[i].find('=');
        if (equals == std::string::npos) continue;
        for (const char* value : values) {
            auto other = all;
            other[i] = all[i].substr(0, equals + 1) + " " + value;
            survives(joined(other), other[i]);
        }
    }
}

TEST_F(Garbled, OtherKeysAndHeaders) {
    const auto all = lines();
    const char* keys[] = {"x", "\"\"", "\"a.b\"", "kind", "a.b", "run", "''", "\"\xc3\xa9\"", "\"\\n\""};
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto equals = all[i].find('=');
        for (const char* key : keys) {
            auto other = all;
            if (equals != std::string::npos)
                other[i] = std::string(key) + " " + all[i].substr(equals);
            else if (!all[i].empty())
                other[i] = "[" + std::string(key) + "]";
            survives(joined(other), other[i]);
        }
    }
}

TEST_F(Garbled, RandomBytes) {
    std::mt19937_64 random(7);
    for (int round = 0; round < 1500; ++round) {
        std::string text = full;
        const int edits = 1 + static_cast<int>(random() % 3);
        for (int e = 0; e < edits; ++e) {
            const std::size_t at = random() % text.size();
            switch (random() % 4) {
                case 0: text.erase(at, 1 + random() % 8); break;
                case 1: text[at] = static_cast<char>(32 + random() % 95); break;
                case 2: text.insert(at, 1, "[]{}\"'=.,-#\n0"[random() % 13]); break;
                default: std::swap(text[at], text[random() % text.size()]); break;
            }
            if (text.empty()) text = "\n";
        }
        survives(text, "round " + std::to_string(round));
    }
}

TEST_F(Garbled, CutShort) {
    for (std::size_t length = 0; length < full.size(); length += 7) survives(full.substr(0, length), "cut at " + std::to_string(length));
}

TEST_F(Garbled, Options) {
    const auto file = folder_.write("net.toml", net_toml);
    const char* paths[] = {"", ".", "run", "run.dt", "run.", ".dt", "population", "population.E", "population.E.", "population..size", "projection.EE.topology", "projection.EE.strength.mean",
                           "stimulus.kick.values", "sweep.trials", "sweep.run.dt", "sweep.", "sweep", "extends", "\"", "run.\"dt\"", "population.E.params.eta"};
    const char* values[] = {"", "1", "-1", "x", "[1, 2]", "{}", "{ center = 1 }", "\"", "nan", "#", "1 #", "\n", "1\n2", "\xff"};
    for (const char* path : paths)
        for (const char* value : values) {
            try {
                const NetworkFile net = NetworkFile::load(file, {{path, value}});
                net.resolve();
                if (net.has_sweep()) net.sweep();
            } catch (const Error& error) {
                EXPECT_EQ(error.code(), ExitCode::configuration) << error.what();
                EXPECT_NE(std::string(error.what()).find("net.toml"), std::string::npos) << error.what();
            } catch (const std::exception& error) {
                ADD_FAILURE() << path << "=" << value << ": not an Error: " << error.what();
            }
        }
}

}  // namespace
}  // namespace spikemass::test
