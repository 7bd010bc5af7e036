// SPDX-License-Identifier: BSD-3-Clause
// The detectors that are known by name. Names, sizes and gaps are those of pyFAI's detector classes.
#include <algorithm>
#include <array>
#include <cctype>

#include "detectors/geometry/detector.hpp"

namespace annulus {
namespace {

constexpr std::optional<BadValue> no_bad_value;
/// DECTRIS marks gaps and dead pixels with -1 and -2, or with the largest values of an unsigned type.
constexpr std::optional<BadValue> dectris_bad_value = BadValue{-2, 1.5};

constexpr double um = 1e-6;

struct Family {
  std::string_view name;
  double pixel;  ///< [m]
  std::optional<ModuleLayout> modules;
  std::optional<BadValue> bad_value;
};

constexpr Family generic{"Detector", 0, std::nullopt, no_bad_value};
constexpr Family pilatus{"Pilatus", 172 * um, ModuleLayout{195, 487, 17, 7, 0}, dectris_bad_value};
constexpr Family pilatus_cdte{"PilatusCdTe", 172 * um, ModuleLayout{195, 487, 17, 7, 3}, dectris_bad_value};
constexpr Family pilatus4{"Pilatus4", 150 * um, ModuleLayout{255, 513, 20, 7, 0}, dectris_bad_value};
constexpr Family pilatus4_cdte{"Pilatus4_CdTe", 150 * um, ModuleLayout{255, 513, 20, 7, 1}, dectris_bad_value};
constexpr Family eiger{"Eiger", 75 * um, ModuleLayout{514, 1030, 37, 10, 0}, dectris_bad_value};
constexpr Family eiger2{"Eiger2", 75 * um, ModuleLayout{512, 1028, 38, 12, 0}, dectris_bad_value};
constexpr Family eiger2_cdte{"Eiger2CdTe", 75 * um, ModuleLayout{512, 1028, 38, 12, 2}, dectris_bad_value};

struct Model {
  std::string_view name;
  const Family& family;
  std::size_t rows;
  std::size_t cols;
  std::string_view alias;  ///< another order of the words; spaces, case and punctuation need none
};

constexpr auto catalogue = std::to_array<Model>({
    {"Detector", generic, 0, 0, {}},
    {"Pilatus", pilatus, 0, 0, {}},
    {"Pilatus100k", pilatus, 195, 487, {}},
    {"Pilatus200k", pilatus, 407, 487, {}},
    {"Pilatus300k", pilatus, 619, 487, {}},
    {"Pilatus300kw", pilatus, 195, 1475, {}},
    {"Pilatus900k", pilatus, 619, 1475, {}},
    {"Pilatus1M", pilatus, 1043, 981, {}},
    {"Pilatus2M", pilatus, 1679, 1475, {}},
    {"Pilatus6M", pilatus, 2527, 2463, {}},
    {"PilatusCdTe", pilatus_cdte, 0, 0, {}},
    {"PilatusCdTe300k", pilatus_cdte, 619, 487, "Pilatus 300k CdTe"},
    {"PilatusCdTe300kw", pilatus_cdte, 195, 1475, "Pilatus 300kw CdTe"},
    {"PilatusCdTe900kw", pilatus_cdte, 195, 4439, "Pilatus 900kw CdTe"},
    {"PilatusCdTe1M", pilatus_cdte, 1043, 981, "Pilatus 1M CdTe"},
    {"PilatusCdTe2M", pilatus_cdte, 1679, 1475, "Pilatus 2M CdTe"},
    {"Pilatus4", pilatus4, 0, 0, {}},
    {"Pilatus4_260k", pilatus4, 530, 513, {}},
    {"Pilatus4_260kw", pilatus4, 255, 1033, {}},
    {"Pilatus4_1M", pilatus4, 1080, 1033, {}},
    {"Pilatus4_2M", pilatus4, 1630, 1553, {}},
    {"Pilatus4_4M", pilatus4, 2180, 2073, {}},
    {"Pilatus4_CdTe", pilatus4_cdte, 0, 0, {}},
    {"Pilatus4_CdTe_260k", pilatus4_cdte, 530, 513, "Pilatus4 260k CdTe"},
    {"Pilatus4_CdTe_260kw", pilatus4_cdte, 255, 1033, "Pilatus4 260kw CdTe"},
    {"Pilatus4_CdTe_1M", pilatus4_cdte, 1080, 1033, "Pilatus4 1M CdTe"},
    {"Pilatus4_CdTe_2M", pilatus4_cdte, 1630, 1553, "Pilatus4 2M CdTe"},
    {"Pilatus4_CdTe_4M", pilatus4_cdte, 2180, 2073, "Pilatus4 4M CdTe"},
    {"Eiger", eiger, 0, 0, {}},
    {"Eiger500k", eiger, 514, 1030, {}},
    {"Eiger1M", eiger, 1065, 1030, {}},
    {"Eiger4M", eiger, 2167, 2070, {}},
    {"Eiger9M", eiger, 3269, 3110, {}},
    {"Eiger16M", eiger, 4371, 4150, {}},
    {"Eiger2", eiger2, 0, 0, {}},
    {"Eiger2_250k", eiger2, 512, 512, {}},
    {"Eiger2_500k", eiger2, 512, 1028, {}},
    {"Eiger2_1M", eiger2, 1062, 1028, {}},
    {"Eiger2_1MW", eiger2, 512, 2068, {}},
    {"Eiger2_2MW", eiger2, 512, 4148, {}},
    {"Eiger2_4M", eiger2, 2162, 2068, {}},
    {"Eiger2_9M", eiger2, 3262, 3108, {}},
    {"Eiger2_16M", eiger2, 4362, 4148, {}},
    {"Eiger2CdTe", eiger2_cdte, 0, 0, {}},
    {"Eiger2CdTe_500k", eiger2_cdte, 512, 1028, {}},
    {"Eiger2CdTe_1M", eiger2_cdte, 1062, 1028, {}},
    {"Eiger2CdTe_1MW", eiger2_cdte, 512, 2068, {}},
    {"Eiger2CdTe_2MW", eiger2_cdte, 512, 4148, {}},
    {"Eiger2CdTe_4M", eiger2_cdte, 2162, 2068, {}},
    {"Eiger2CdTe_9M", eiger2_cdte, 3262, 3108, {}},
    {"Eiger2CdTe_16M", eiger2_cdte, 4362, 4148, {}},
});

std::string normalised(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c != ' ' && c != '_' && c != '-') out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

}  // namespace

std::optional<Detector> find_detector(std::string_view name) {
  const std::string wanted = normalised(name);
  const auto found = std::ranges::find_if(catalogue, [&](const Model& model) {
    return normalised(model.name) == wanted || (!model.alias.empty() && normalised(model.alias) == wanted);
  });
  if (found == catalogue.end()) return std::nullopt;
  const Family& family = found->family;
  return Detector{std::string(found->name), family.pixel,    family.pixel, found->rows, found->cols,
                  family.modules,           family.bad_value};
}

std::vector<std::string_view> all_detector_names() {
  std::vector<std::string_view> names;
  for (const Model& model : catalogue) names.push_back(model.name);
  return names;
}

}  // namespace annulus
