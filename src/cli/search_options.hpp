/// @file Options of the commands that caption images with a model.
#pragma once

#include "cli/command.hpp"
#include "fovea/captioner.hpp"

namespace fovea::cli {

/// --model, --precision and how captions are searched for.
po::options_description search_options();

/// What the values say of the search.
/// @throws Error: usage for an option that only makes sense with --sample.
CaptionChoices parse_search_options(const po::variables_map& values);

/// Adds --precision.
void add_precision_option(po::options_description& options);
Precision parse_precision(const po::variables_map& values);

}  // namespace fovea::cli
