#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "text/ptb_rules.hpp"

namespace fovea::text::ptb {
namespace {

/// Words that keep their full stop. All tables here are in byte order.
constexpr std::array<std::u32string_view, 146> kAbbreviations{
    U"adj",  U"adm",   U"adv",   U"al",   U"ala",     U"alex",  U"apr",  U"ariz",  U"assn", U"assoc", U"asst",
    U"atty", U"attys", U"aug",   U"ave",  U"bancorp", U"bhd",   U"bldg", U"blvd",  U"brig", U"bros",  U"calif",
    U"capt", U"cf",    U"cie",   U"cmdr", U"co",      U"col",   U"colo", U"comdr", U"conn", U"corp",  U"cos",
    U"cpl",  U"ct",    U"dak",   U"dec",  U"dept",    U"det",   U"dr",   U"drs",   U"ed.d", U"elec",  U"ens",
    U"esq",  U"est",   U"etc",   U"ext",  U"feb",     U"fla",   U"fri",  U"ft",    U"ga",   U"gen",   U"gov",
    U"govs", U"hon",   U"inc",   U"ind",  U"insp",    U"intl",  U"invt", U"jan",   U"jos",  U"jr",    U"jul",
    U"jun",  U"kan",   U"kans",  U"ky",   U"lieut",   U"lt",    U"ltd",  U"maj",   U"mar",  U"md",    U"messrs",
    U"mfg",  U"mich",  U"minn",  U"mlle", U"mme",     U"mo",    U"mon",  U"mont",  U"mr",   U"mrs",   U"ms",
    U"msgr", U"mt",    U"mtg",   U"natl", U"neb",     U"nev",   U"nov",  U"oct",   U"okla", U"penn",  U"pfc",
    U"ph",   U"ph.d",  U"plc",   U"pres", U"prof",    U"profs", U"pte",  U"ptes",  U"pty",  U"ptys",  U"pvt",
    U"rd",   U"rep",   U"reps",  U"rev",  U"rt",      U"sen",   U"sens", U"sep",   U"sept", U"seq",   U"sfc",
    U"sgt",  U"spc",   U"sq",    U"sr",   U"st",      U"ste",   U"supt", U"supts", U"sys",  U"tel",   U"tenn",
    U"thu",  U"thurs", U"treas", U"tue",  U"tues",    U"univ",  U"va",   U"vs",    U"vt",   U"wed",   U"wis",
    U"wisc", U"wm",    U"wyo"};

/// American states whose abbreviation is a word too: they keep it only with a capital letter.
constexpr std::array<std::u32string_view, 11> kWithCapital{U"ark",  U"az",  U"del", U"ill", U"la",  U"mass",
                                                           U"miss", U"ore", U"pa",  U"tex", U"wash"};

/// These keep it only before a number.
constexpr std::array<std::u32string_view, 9> kBeforeNumber{U"art", U"ca", U"fig", U"figs", U"no",
                                                           U"nos", U"op", U"pp",  U"prop"};

/// Words that begin a sentence: before them the full stop of "plan B." ends one.
constexpr std::array<std::u32string_view, 41> kSentenceStarts{
    U"a",    U"according", U"after", U"an",   U"as",   U"at",    U"but", U"he",    U"her",  U"here",  U"however",
    U"if",   U"in",        U"it",    U"last", U"many", U"more",  U"now", U"once",  U"one",  U"other", U"our",
    U"she",  U"since",     U"so",    U"some", U"such", U"that",  U"the", U"their", U"then", U"there", U"these",
    U"they", U"this",      U"we",    U"what", U"when", U"while", U"yet", U"you"};

template <typename Table>
bool contains(const Table& table, std::u32string_view word) noexcept {
  return std::binary_search(table.begin(), table.end(), word);
}

std::u32string in_lower_case(std::u32string_view text) {
  std::u32string lower(text);
  for (auto& c : lower) c = to_lower(c);
  return lower;
}

/// Whether a sentence ends before `at`: at the end of the caption, or where a capital letter begins a usual first word.
bool sentence_ends(const Line& line, std::size_t at) {
  const std::size_t next = line.skip(at, is_space);
  if (next >= line.size()) return true;
  const std::size_t end = line.skip(next, is_ascii_letter);
  return next > at && is_ascii_upper(line[next]) && is_space(line[end]) &&
         contains(kSentenceStarts, in_lower_case(line.part(next, end)));
}

}  // namespace

Match abbreviation(const Line& line, std::size_t at) {
  std::size_t end = line.skip(at, is_ascii_letter);
  if (line.has(end, U".d.")) end += 2;  // Ph.D.
  if (end == at || line[end] != U'.') return {};
  const auto word = in_lower_case(line.part(at, end));
  const std::size_t taken = end + 1 - at;
  if (contains(kAbbreviations, word)) return {taken, taken};
  if (contains(kWithCapital, word) && is_ascii_upper(line[at])) return {taken, taken};
  const std::size_t number = end + (is_space(line[end + 1]) ? 2 : 1);
  if (contains(kBeforeNumber, word) && is_digit(line[number])) return {taken, number + 1 - at};
  return {};
}

Match initial(const Line& line, std::size_t at) {
  if (!is_ascii_letter(line[at]) || line[at + 1] != U'.' || sentence_ends(line, at + 2)) return {};
  return {2, 2};
}

Match word_with_full_stop(const Line& line, std::size_t at) {
  const std::size_t length = std::max(word(line, at).taken, compound(line, at).taken);
  const char32_t next = line[at + length + 1];
  const bool inside_sentence = next == U',' || next == U';' || next == U':';
  return length == 0 || line[at + length] != U'.' || !inside_sentence ? Match{} : Match{length + 1, length + 2};
}

Match acronym(const Line& line, std::size_t at) {
  std::size_t end = at;
  while (is_ascii_letter(line[end]) && line[end + 1] == U'.') end += 2;
  return end < at + 4 ? Match{} : Match::whole(at, end);
}

}  // namespace fovea::text::ptb
