#pragma once
// Remarks that hold at many points of a sweep, said once.

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace spikemass {

/// Collects sentences per point.  Sentences that differ in their first percentage alone are one remark: the largest percentage is kept.
class Remarks {
public:
    void add(std::size_t point, const std::string& text);
    /// The same for what has a subject of its own ("closure x diverged"): one remark per key, told by its first text.
    void add(std::size_t point, const std::string& key, const std::string& text);
    /// One line per remark, with the number of points where there are several.
    std::vector<std::string> lines(std::size_t points) const;

private:
    struct Remark {
        std::string text;
        double percentage = -1.0;      ///< the largest; < 0: the text has none
        bool differs = false;          ///< between points
        std::set<std::size_t> points;
    };
    std::map<std::string, Remark> remarks_;
};

}  // namespace spikemass
