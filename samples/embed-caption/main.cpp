// Captions one image: embed_caption MODEL_FOLDER IMAGE
#include <fovea/captioner.hpp>
#include <fovea/error.hpp>
#include <fovea/loader.hpp>
#include <iostream>

int main(int argc, char** argv) try {
  if (argc != 3) throw fovea::Error(fovea::ErrorCode::usage, "usage: embed_caption MODEL_FOLDER IMAGE");
  const fovea::Captioner captioner(fovea::Model::open(argv[1]));
  const fovea::Caption caption = captioner.caption(fovea::load_image(argv[2]));
  std::cout << caption.hypotheses.front().text << '\n';
} catch (const fovea::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
