// SPDX-License-Identifier: BSD-3-Clause
// The detectors that are known by name. Names, sizes and gaps are those of pyFAI's detector classes.
#include <algorithm>
#include <array>
#include <cctype>
#include <span>

#include "detectors/geometry/detector.hpp"

namespace annulus {
namespace {

constexpr std::optional<BadValue> no_bad_value;
/// DECTRIS marks gaps and dead pixels with -1 and -2, or with the largest values of an unsigned type.
constexpr std::optional<BadValue> dectris_bad_value = BadValue{-2, 1.5};

constexpr double um = 1e-6;

// Ways to read out, the usual one first.
using Ways = std::span<const Binning>;
constexpr Ways unbinned;
constexpr auto perkin_ways = std::to_array<Binning>({{2, 200 * um}, {1, 100 * um}, {4, 400 * um}});
constexpr auto pixium_ways = std::to_array<Binning>({{2, 308 * um}, {1, 154 * um}});
constexpr auto apex_ways = std::to_array<Binning>({{1, 120 * um}, {2, 240 * um}, {4, 480 * um}});
constexpr auto mar345_ways = std::to_array<Binning>({{1, 100 * um}, {1.5, 150 * um}});
constexpr auto ways_133 = std::to_array<Binning>({{2, 64 * um}, {1, 32 * um}, {4, 128 * um}, {8, 256 * um}});
constexpr auto ways_165 =
    std::to_array<Binning>({{1, 39.5 * um}, {2, 79 * um}, {3, 118.616 * um}, {4, 158 * um}, {8, 316 * um}});
constexpr auto ways_200 =
    std::to_array<Binning>({{1, 48 * um}, {2, 96 * um}, {3, 144 * um}, {4, 192 * um}, {8, 384 * um}});
constexpr auto ways_44 = std::to_array<Binning>({{1, 44.2708 * um},
                                                 {2, 88.5417 * um},
                                                 {3, 132.8125 * um},
                                                 {4, 177.0833 * um},
                                                 {5, 221.3542 * um},
                                                 {6, 265.625 * um},
                                                 {8, 354.1667 * um},
                                                 {10, 442.7083 * um}});
constexpr auto ways_340 = std::to_array<Binning>({{2, 88.5417 * um},
                                                  {1, 44.2708 * um},
                                                  {3, 132.8125 * um},
                                                  {4, 177.0833 * um},
                                                  {5, 221.3542 * um},
                                                  {6, 265.625 * um},
                                                  {8, 354.1667 * um},
                                                  {10, 442.7083 * um}});
constexpr auto ways_36 = std::to_array<Binning>(
    {{2, 73.242 * um}, {1, 36.621 * um}, {3, 109.971 * um}, {4, 146.484 * um}, {8, 292.969 * um}});
constexpr auto ways_39 = std::to_array<Binning>({{2, 78.125 * um},
                                                 {1, 39.0625 * um},
                                                 {3, 117.1875 * um},
                                                 {4, 156.25 * um},
                                                 {5, 195.3125 * um},
                                                 {6, 234.375 * um},
                                                 {8, 312.5 * um},
                                                 {10, 390.625 * um}});
constexpr auto ways_325 = std::to_array<Binning>(
    {{2, 79.346 * um}, {1, 39.673 * um}, {3, 119.135 * um}, {4, 158.691 * um}, {8, 317.383 * um}});
constexpr auto ways_30 = std::to_array<Binning>({{1, 15.625 * um},
                                                 {2, 31.25 * um},
                                                 {3, 46.875 * um},
                                                 {4, 62.5 * um},
                                                 {5, 78.125 * um},
                                                 {6, 93.75 * um},
                                                 {8, 125 * um},
                                                 {10, 156.25 * um}});

struct Family {
  std::string_view name;
  double pixel;  ///< [m]; 0: that of the usual way
  std::optional<ModuleLayout> modules;
  std::optional<BadValue> bad_value;
  DeadArea dead = DeadArea::gaps;
  PixelLayout layout = PixelLayout::uniform;
  double border = 1;
  double radius = 0;
  Ways ways = unbinned;
  double height = 0;  ///< of a pixel that is not square [m]
};

constexpr Family generic{"Detector", 0, std::nullopt, no_bad_value};
constexpr Family pilatus{"Pilatus", 172 * um, ModuleLayout{195, 487, 17, 7, 0}, dectris_bad_value};
constexpr Family pilatus_cdte{"PilatusCdTe", 172 * um, ModuleLayout{195, 487, 17, 7, 3}, dectris_bad_value};
constexpr Family pilatus4{"Pilatus4", 150 * um, ModuleLayout{255, 513, 20, 7, 0}, dectris_bad_value};
constexpr Family pilatus4_cdte{"Pilatus4_CdTe", 150 * um, ModuleLayout{255, 513, 20, 7, 1}, dectris_bad_value};
constexpr Family eiger{"Eiger", 75 * um, ModuleLayout{514, 1030, 37, 10, 0}, dectris_bad_value};
constexpr Family eiger2{"Eiger2", 75 * um, ModuleLayout{512, 1028, 38, 12, 0}, dectris_bad_value};
constexpr Family eiger2_cdte{"Eiger2CdTe", 75 * um, ModuleLayout{512, 1028, 38, 12, 2}, dectris_bad_value};

constexpr Family jungfrau{
    "Jungfrau", 75 * um, ModuleLayout{256, 256, 0, 0, 0}, no_bad_value, DeadArea::nothing, PixelLayout::wide_borders,
    2};
constexpr Family jungfrau_8m{"Jungfrau8M",
                             75 * um,
                             ModuleLayout{256, 256, 0, 0, 0},
                             no_bad_value,
                             DeadArea::jungfrau_8m,
                             PixelLayout::wide_borders,
                             2};
constexpr Family jungfrau_16m{
    "Jungfrau_16M_cor",        75 * um, ModuleLayout{514, 1030, 0, 0, 0}, no_bad_value, DeadArea::jungfrau_16m,
    PixelLayout::wide_borders, 2};
constexpr Family jungfrau_4m{"Jungfrau4M", 75 * um, ModuleLayout{514, 1030, 36, 8, 0}, dectris_bad_value};
constexpr Family lambda{"Lambda", 55 * um, ModuleLayout{256, 256, 4, 4, 0}, no_bad_value};
constexpr Family lambda_9m{"Lambda9M", 55 * um, std::nullopt, no_bad_value};
constexpr Family maxipix{"Maxipix", 55 * um, ModuleLayout{256, 256, 4, 4, 0}, no_bad_value};
constexpr Family imxpad{"ImXPad",
                        130 * um,
                        ModuleLayout{120, 80, 0, 0, 0},
                        no_bad_value,
                        DeadArea::module_borders,
                        PixelLayout::wide_borders,
                        2.5};
constexpr Family imxpad_v{"ImXPadV",
                          130 * um,
                          ModuleLayout{80, 120, 0, 0, 0},
                          no_bad_value,
                          DeadArea::module_borders,
                          PixelLayout::wide_borders,
                          2.5};
constexpr Family xpad{
    "Xpad", 130 * um, ModuleLayout{120, 80, 0, 0, 0}, no_bad_value, DeadArea::module_borders, PixelLayout::xpad, 2.5};
constexpr Family cirpad{
    "Cirpad", 130 * um, ModuleLayout{80, 120, 0, 0, 0}, no_bad_value, DeadArea::module_borders, PixelLayout::cirpad,
    2.5};

/// Equal pixels without gaps.
constexpr Family plain(double pixel) { return {"", pixel, std::nullopt, no_bad_value}; }
constexpr Family binned(Ways ways, DeadArea dead = DeadArea::nothing) {
  return {"", 0, std::nullopt, no_bad_value, dead, PixelLayout::uniform, 1, 0, ways};
}
constexpr Family bent(double pixel, double radius) {
  return {"", pixel, std::nullopt, no_bad_value, DeadArea::nothing, PixelLayout::cylinder, 1, radius};
}
constexpr Family mythen{"Mythen", 50 * um, std::nullopt, no_bad_value, DeadArea::nothing, PixelLayout::uniform,
                        1,        0,       unbinned,     8e-3};
constexpr DeadArea circle = DeadArea::outside_circle;

struct Model {
  std::string_view name;
  Family family;
  std::size_t rows;  ///< unbinned
  std::size_t cols;
  std::string_view aliases;  ///< other words, separated by |; spaces, case, hyphens and underscores need none
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
    {"ADSC_Q210", plain(51 * um), 4096, 4096, "Quantum 210"},
    {"ADSC_Q270", plain(51 * um), 4168, 4168, "Quantum 270"},
    {"ADSC_Q315", plain(51 * um), 6144, 6144, "Quantum 315"},
    {"ADSC_Q4", plain(51 * um), 2304, 2304, "Quantum 4"},
    {"Aarhus", bent(24.893 * um, 0.29989), 1000, 16000, {}},
    {"Apex2", binned(apex_ways), 1024, 1024, "ApexII|Bruker"},
    {"Basler", plain(3.75 * um), 966, 1296, "aca1300"},
    {"Cirpad", cirpad, 11200, 120, "XCirpad"},
    {"Dexela2923", plain(75 * um), 3888, 3072, {}},
    {"FReLoN", plain(50 * um), 2048, 2048, {}},
    {"Fairchild", plain(15 * um), 4096, 4096, "Condor|Fairchild Condor 486:90"},
    {"HF_130K", plain(150 * um), 256, 512, {}},
    {"HF_1M", plain(150 * um), 1024, 1024, {}},
    {"HF_262k", plain(150 * um), 512, 512, {}},
    {"HF_2M", plain(150 * um), 1536, 1536, "HF-2.4M"},
    {"HF_4M", plain(150 * um), 2048, 2048, {}},
    {"HF_9M", plain(150 * um), 3072, 3072, "HF-9.4M"},
    {"ImXPadS10", imxpad, 120, 80, {}},
    {"ImXPadS140", imxpad, 240, 560, {}},
    {"ImXPadS70", imxpad, 120, 560, {}},
    {"ImXPadS70V", imxpad_v, 560, 120, {}},
    {"Jungfrau", jungfrau, 512, 1024, "Jungfrau 500k"},
    {"Jungfrau1M", jungfrau_4m, 1064, 1030, {}},
    {"Jungfrau4M", jungfrau_4m, 2164, 2068, {}},
    {"Jungfrau8M", jungfrau_8m, 3333, 3212, {}},
    {"Jungfrau_16M_cor", jungfrau_16m, 16448, 1030, {}},
    {"Lambda10M", lambda, 2596, 4676, {}},
    {"Lambda250k", lambda, 516, 516, {}},
    {"Lambda2M", lambda, 1556, 1556, {}},
    {"Lambda60k", lambda, 256, 256, {}},
    {"Lambda750k", lambda, 516, 1556, {}},
    {"Lambda7M5", lambda, 2596, 2596, "Lambda 7.5M"},
    {"Lambda9M", lambda_9m, 3868, 3227, {}},
    {"Mar345", binned(mar345_ways, circle), 3450, 3450, "Mar3450"},
    {"Mar555", plain(139 * um), 3072, 2560, {}},
    {"Maxipix", maxipix, 256, 256, "Maxipix 1x1"},
    {"Maxipix2x2", maxipix, 516, 516, {}},
    {"Maxipix5x1", maxipix, 256, 1296, {}},
    {"Perkin", binned(perkin_ways), 4096, 4096, "Perkin detector|Perkin Elmer"},
    {"Pixium", binned(pixium_ways), 1910, 2480, "Pixium 4700|Pixium 4700 detector|Thales Electronics"},
    {"Rapid", bent(100 * um, 0.12726), 2560, 4700, "RapidII"},
    {"RaspberryPi12M", plain(1.55 * um), 3040, 4056, "Picam HQ"},
    {"RaspberryPi5M", plain(1.4 * um), 1944, 2592, "Picam v1"},
    {"RaspberryPi8M", plain(1.12 * um), 2464, 3280, "Picam v2"},
    {"Rayonix133", binned(ways_133, circle), 4096, 4096, "MAR 133"},
    {"RayonixLx170", binned(ways_44), 1920, 3840, "Rayonix LX170-HS"},
    {"RayonixLx255", binned(ways_44), 1920, 5760, "Rayonix LX255-HS|RayonixLX225HS"},
    {"RayonixMx170", binned(ways_44), 3840, 3840, "Rayonix MX170-HS"},
    {"RayonixMx225", binned(ways_36), 6144, 6144, "MAR 225"},
    {"RayonixMx225hs", binned(ways_39), 5760, 5760, {}},
    {"RayonixMx300", binned(ways_36), 8192, 8192, "MAR 300"},
    {"RayonixMx300hs", binned(ways_39), 7680, 7680, {}},
    {"RayonixMx325", binned(ways_325), 8192, 8192, {}},
    {"RayonixMx340hs", binned(ways_340), 7680, 7680, {}},
    {"RayonixMx425hs", binned(ways_44), 9600, 9600, {}},
    {"RayonixSx165", binned(ways_165, circle), 4096, 4096, "MAR 165"},
    {"RayonixSx200", binned(ways_200), 4096, 4096, {}},
    {"RayonixSx30hs", binned(ways_30), 1920, 1920, {}},
    {"RayonixSx85hs", binned(ways_44), 1920, 1920, {}},
    {"Titan", plain(60 * um), 2048, 2048, "Titan 2k x 2k|OXD Titan|Agilent Titan"},
    {"Xpad_flat", xpad, 960, 560, "Xpad S540 flat|d5"},
    {"Mythen", mythen, 1, 1280, "Mythen 1280"},
});

std::string normalised(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c != ' ' && c != '_' && c != '-') out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

bool has_alias(const Model& model, std::string_view wanted) {
  for (std::string_view rest = model.aliases; !rest.empty();) {
    const std::size_t end = std::min(rest.find('|'), rest.size());
    if (normalised(rest.substr(0, end)) == wanted) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

const Model* find_model(std::string_view name) {
  const std::string wanted = normalised(name);
  const auto found = std::ranges::find_if(
      catalogue, [&](const Model& model) { return normalised(model.name) == wanted || has_alias(model, wanted); });
  return found == catalogue.end() ? nullptr : found;
}

}  // namespace

std::optional<Detector> find_detector(std::string_view name) {
  const Model* model = find_model(name);
  if (model == nullptr) return std::nullopt;
  const Family& family = model->family;
  Detector detector;
  detector.name = model->name;
  const Binning usual = family.ways.empty() ? Binning{1, family.pixel} : family.ways.front();
  detector.pixel1 = family.height > 0 ? family.height : usual.pixel;
  detector.pixel2 = usual.pixel;
  detector.rows = binned_length(model->rows, usual.factor);
  detector.cols = binned_length(model->cols, usual.factor);
  detector.modules = family.modules;
  detector.bad_value = family.bad_value;
  detector.dead = family.dead;
  detector.layout = family.layout;
  detector.border = family.border;
  detector.radius = family.radius;
  return detector;
}

Binnings binnings_of(std::string_view name) {
  const Model* model = find_model(name);
  if (model == nullptr) return {};
  return {model->rows, model->cols, model->family.ways};
}

std::size_t binned_length(std::size_t pixels, double factor) {
  return static_cast<std::size_t>(static_cast<double>(pixels) / factor + 1e-9);
}

std::vector<std::string_view> all_detector_names() {
  std::vector<std::string_view> names;
  for (const Model& model : catalogue) names.push_back(model.name);
  return names;
}

}  // namespace annulus
