#include "app/process.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

namespace fovea::tests {

Process::Process(const std::vector<std::string>& arguments, const std::filesystem::path& working_folder,
                 const std::string& input) {
  const std::filesystem::path in = streams_.write("in", input);
  const std::filesystem::path out = streams_ / "out";
  const std::filesystem::path err = streams_ / "err";
  std::vector<char*> argv{const_cast<char*>(FOVEA_CLI)};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  id_ = ::fork();
  if (id_ < 0) throw std::runtime_error("cannot start a process");
  if (id_ > 0) return;
  const bool ready = ::chdir(working_folder.c_str()) == 0 && ::dup2(::open(in.c_str(), O_RDONLY), 0) == 0 &&
                     ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT, 0600), 1) == 1 &&
                     ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT, 0600), 2) == 2;
  if (ready) ::execv(FOVEA_CLI, argv.data());
  ::_exit(127);
}

Process::~Process() {
  if (id_ > 0) {
    signal(SIGKILL);
    wait();
  }
}

void Process::signal(int number) const { ::kill(id_, number); }

Outcome Process::wait() {
  int status = 0;
  ::waitpid(id_, &status, 0);
  id_ = -1;
  return {WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status), read_text(streams_ / "out"),
          read_text(streams_ / "err")};
}

}  // namespace fovea::tests
