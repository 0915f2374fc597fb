// Precompiled for the rooms that use LibTorch: a module costs 12 s of parsing, once instead of per file.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
