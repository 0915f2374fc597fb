#include "io/torch_refusal.hpp"

#include <algorithm>
#include <array>

#include "fovea/error.hpp"
#include "io/message_text.hpp"

namespace fovea::io {
namespace {

/// A word that a shell takes as it is.
std::string shell_word(std::string_view text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

// The programs that convert, tested by tests/base/io_conversion_test.cpp. Tensors are cloned because safetensors
// refuses shared memory.
// What is saved is the first that holds tensors of the dicts that readers of checkpoints know, as in torch_file.cpp.
constexpr std::string_view kStateDictLine =
    R"(import sys, torch; from safetensors.torch import save_file; )"
    R"(c = torch.load(sys.argv[1], map_location='cpu', weights_only=True); )"
    R"(tensors = lambda d: {k: v.clone().contiguous() for k, v in d.items() if torch.is_tensor(v)} )"
    R"(if hasattr(d, 'items') else {}; )"
    R"(keys = ('state_dict', 'model_state_dict', 'model', 'teacher', 'student'); )"
    R"(found = next(filter(None, map(tensors, [*map(getattr(c, 'get', {}.get), keys), c])), None); )"
    R"(save_file(found, sys.argv[2]) if found else sys.exit(sys.argv[1] + ': no tensors found'))";

constexpr std::string_view kModuleLine =
    R"(import sys, torch; from safetensors.torch import save_file; )"
    R"(c = torch.load(sys.argv[1], map_location='cpu', weights_only=False); )"
    R"(weights = lambda m: m.state_dict() if hasattr(m, 'state_dict') else m; )"
    R"(tensors = lambda d: {k: v.clone().contiguous() for k, v in d.items() if torch.is_tensor(v)} )"
    R"(if hasattr(d, 'items') else {}; )"
    R"(keys = ('state_dict', 'model_state_dict', 'model', 'teacher', 'student'); )"
    R"(found = next(filter(None, (tensors(weights(m)) for m in [*map(getattr(c, 'get', {}.get), keys), c])), None); )"
    R"(save_file(found, sys.argv[2]) if found else sys.exit(sys.argv[1] + ': no tensors found'))";

// Its published files were pickled by an older torch, whose modules lack one attribute; what they predict and the
// operating points are not in them but in a table of the package, by the name of the file.
constexpr std::string_view kXRayLine =
    R"(import json, os, sys, torch, torchxrayvision; from safetensors.torch import save_file; )"
    R"(path, out = sys.argv[1:]; m = torch.load(path, map_location='cpu', weights_only=False); )"
    R"([vars(x).setdefault('_non_persistent_buffers_set', set()) for x in m.modules()]; )"
    R"(u = next((u for u in torchxrayvision.models.model_urls.values() )"
    R"(if os.path.basename(u['weights_url']) == os.path.basename(path)), {}); )"
    R"(d = m.state_dict(); t = d.pop('op_threshs', None); )"
    R"(t = u.get('op_threshs', None if t is None else t.tolist()); os.makedirs(out, exist_ok=True); )"
    R"(save_file({k: v.clone().contiguous() for k, v in d.items()}, out + '/model.safetensors'); )"
    R"(json.dump({'architectures': ['TorchXRayVisionDenseNet'], 'model_type': 'torchxrayvision-densenet', )"
    R"('pathologies': list(u.get('labels') or getattr(m, 'pathologies', m.targets)), )"
    R"('op_threshs': t and [x if x == x else None for x in t], )"
    R"('input_size': u.get('input_resolution', getattr(m, 'input_resolution', 224))}, )"
    R"(open(out + '/config.json', 'w'), indent=2))";

constexpr std::string_view kNeeds = "With Python, torch and safetensors:\n  ";

/// @param program without quotation marks, dollars and backslashes
std::string line(std::string_view program, const std::string& file, std::string_view output) {
  return "python3 -c \"" + std::string(program) + "\" " + shell_word(file) + " " + std::string(output);
}

std::string module_advice(const std::string& file, bool x_ray) {
  const std::string trust = "If you trust where it comes from (opening it runs what is in it), convert it once. ";
  return x_ray ? trust + "With Python, torch, safetensors and torchxrayvision:\n  " +
                     line(kXRayLine, file, "torchxrayvision-densenet")
               : trust + std::string(kNeeds) + line(kModuleLine, file, "model.safetensors");
}

/// Modules of which nothing can be meant well in a file of weights.
bool is_hostile(std::string_view module, std::string_view name) noexcept {
  constexpr std::array<std::string_view, 12> kPackages{"os",  "posix",  "nt",        "subprocess",
                                                       "sys", "shutil", "socket",    "runpy",
                                                       "pty", "ctypes", "importlib", "webbrowser"};
  constexpr std::array<std::string_view, 2> kModules{"code", "commands"};  // usual names of packages, too
  constexpr std::array<std::string_view, 7> kBuiltins{"eval",       "exec",     "compile",   "open",
                                                      "__import__", "execfile", "breakpoint"};
  const auto is_one_of = [](std::string_view word, const auto& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  if (module == "builtins" || module == "__builtin__") return is_one_of(name, kBuiltins);
  return is_one_of(module.substr(0, module.find('.')), kPackages) || is_one_of(module, kModules);
}

}  // namespace

void refuse_global(const std::string& file, std::string_view module, std::string_view name) {
  const std::string what = in_quotes(std::string(module) + "." + std::string(name));
  if (is_hostile(module, name)) {
    throw Error(ErrorCode::unsupported, file + ": refused: opened with Python, this file would run " + what +
                                            ", which weights never need. Do not open it; get the weights elsewhere");
  }
  if (module.starts_with("__torch__")) {
    throw Error(ErrorCode::unsupported, file + ": this is a TorchScript program (it holds " + what +
                                            "); Fovea reads weights only: save the state_dict() of the module");
  }
  const bool x_ray = module == "torchxrayvision.models" && name == "DenseNet";
  throw Error(ErrorCode::unsupported, file + ": this is not a state dict: Python would run " + what +
                                          " to open it, and Fovea runs nothing that is in a file. " +
                                          module_advice(file, x_ray));
}

void refuse_old_form(const std::string& file, OldForm form, std::string_view head) {
  const auto refuse = [&](const std::string& what) { throw Error(ErrorCode::unsupported, file + ": " + what); };
  const auto holds = [&](std::string_view text) { return head.find(text) != std::string_view::npos; };
  if (form == OldForm::bare_pickle) {
    refuse(
        "this is a bare pickle, not an archive of torch.save, and Fovea runs nothing that is in a file. Have the "
        "program "
        "that wrote it save the weights with safetensors or torch.save");
  }
  if (form == OldForm::tar) {  // which torch opens only by running it
    refuse("this is a tar archive, as torch.save wrote it before 0.2, which Fovea does not read. " +
           module_advice(file, false));
  }
  const std::string old =
      "this has the form that torch.save wrote before 1.6 (no zip archive), which Fovea does not read. ";
  const bool x_ray = holds("torchxrayvision.models\nDenseNet\n");
  if (x_ray || holds("ctorch.nn.modules") || holds(std::string_view("X\x06\0\0\0module", 11))) {
    refuse(old + "It holds a whole module, not a state dict. " + module_advice(file, x_ray));
  }
  throw Error(ErrorCode::unsupported,
              file + ": " + old + std::string(kNeeds) + line(kStateDictLine, file, "model.safetensors"));
}

}  // namespace fovea::io
