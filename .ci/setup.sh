# Installs what a build needs: Debian packages and LibTorch. Sourced by ./dev, which defines say, die and logged.

# Debian 12 fixes their versions; clang's tools carry theirs in the name, since another version formats differently.
build_packages=(g++ cmake ninja-build mold ccache ca-certificates python3 python3-venv
  libopencv-core-dev libopencv-imgproc-dev libopencv-photo-dev libjpeg62-turbo-dev libpng-dev libtiff-dev libwebp-dev libgif-dev
  libdcmtk-dev libcharls-dev libopenjp2-7-dev zlib1g-dev
  libfreetype-dev fonts-dejavu-core libboost-program-options-dev nlohmann-json3-dev libicu-dev libssl-dev libgtest-dev libgmock-dev)
check_packages=(clang-format-14 clang-tidy-14)
fuzz_packages=(clang-14 libclang-rt-14-dev)

cache=${XDG_CACHE_HOME:-~/.cache}/fovea
libtorch_pins=.ci/libtorch.txt

# need_disk FOLDER MEGABYTES PURPOSE: stops when the file system of FOLDER has less room.
need_disk() {
  local free
  free=$(df --output=avail -m "$1" | tail -n 1)
  ((free >= $2)) || die "too little disk: $3 needs $2 MB in $1, which has $((free)) MB free"
}

# setup_packages PACKAGE...: installs the ones that are missing.
setup_packages() {
  local missing=() package as_root=()
  for package; do
    [[ $(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null) == ii* ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0

  local id='' version=''
  [[ -r /etc/os-release ]] && read -r id version < <(. /etc/os-release && echo "${ID:-} ${VERSION_ID:-}")
  if [[ $id != debian || $version != 12 ]]; then
    die "this is ${id:-an unknown system} ${version:-}, and ./dev installs packages on Debian 12 only." \
      "Build with CMake instead (CONTRIBUTING.md); needed are, by their names in Debian 12:" "  $*"
  fi
  if ((EUID != 0)); then
    command -v sudo >/dev/null && sudo -v ||
      die "packages are missing, and installing them needs root. As root: apt-get install --no-install-recommends ${missing[*]}"
    as_root=(sudo)
  fi
  need_disk / 1500 "installing Debian packages"

  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
  # A list that cannot be fetched need not matter: whether the packages can be had, install will tell.
  logged apt-update "fetching the package lists" "${apt[@]}" update || true
  logged apt-install "installing ${#missing[@]} Debian packages (${missing[*]})" \
    "${apt[@]}" install -y --no-install-recommends "${missing[@]}" ||
    die "Debian packages could not be installed. Is there a network? Can this machine reach its apt sources?"
}

# setup_libtorch: puts the pinned LibTorch into the user's cache, where clones share it; sets libtorch_root.
# A folder under its final name is complete: an interrupted install leaves only a .partial one, which is made anew.
setup_libtorch() {
  local pins_id folder
  pins_id=$(sha256sum "$libtorch_pins")
  folder=$cache/libtorch-${pins_id:0:12}
  libtorch_root=$folder/torch
  [[ -d $folder ]] && return

  [[ $(uname -m) == x86_64 ]] || die "the pinned LibTorch is for x86-64, and this machine is $(uname -m)"
  mkdir -p "$cache/wheels" || die "cannot write to $cache; set XDG_CACHE_HOME to a folder that can be written"
  exec 9>"$cache/lock"
  flock -n 9 || { say "waiting for another ./dev that installs LibTorch" && flock 9; }
  if [[ ! -d $folder ]]; then
    need_disk "$cache" 2600 "installing LibTorch"
    logged libtorch "installing LibTorch 2.15.0 into $folder (a download of 553 MB the first time)" \
      install_libtorch "$folder.partial" ||
      die "LibTorch could not be installed. Is there a network? Can this machine reach its Python package index?"
    mv "$folder.partial" "$folder"
  fi
  exec 9>&-
}

install_libtorch() {
  rm -rf "$1" "$cache/tmp"
  mkdir -p "$1" "$cache/tmp"
  # pip unpacks in TMPDIR first, and /tmp may be small.
  local pip=(env TMPDIR="$cache/tmp" PIP_USER=0 "$cache/tmp/venv/bin/pip" --no-cache-dir --disable-pip-version-check)
  local from_wheels=("${pip[@]}" install --no-deps --require-hashes --no-index --find-links "$cache/wheels" --target "$1" -r "$libtorch_pins")
  # Debian's own Python: the wheel is for its version, and another may come first in PATH.
  /usr/bin/python3 -m venv "$cache/tmp/venv" &&
    { "${from_wheels[@]}" || {
      echo "not (all) in $cache/wheels yet: downloading" &&
        "${pip[@]}" download --no-deps --require-hashes --only-binary :all: --dest "$cache/wheels" -r "$libtorch_pins" &&
        "${from_wheels[@]}"
    }; } &&
    rm -rf "$cache/tmp"
}

# setup_reference: puts the reference implementations of tests/reference into a Python environment of their own in the
# user's cache; sets reference_python. FOVEA_REFERENCE_PYTHON may name one that has them.
setup_reference() {
  local pins=tests/reference/requirements.txt pins_id folder
  reference_python=${FOVEA_REFERENCE_PYTHON:-}
  [[ -z $reference_python ]] || return 0
  pins_id=$(sha256sum "$pins")
  folder=$cache/reference-${pins_id:0:12}
  reference_python=$folder/bin/python
  [[ -e $folder/complete ]] && return
  mkdir -p "$cache" || die "cannot write to $cache; set XDG_CACHE_HOME to a folder that can be written"
  exec 9>"$cache/lock"
  flock -n 9 || { say "waiting for another ./dev that installs something" && flock 9; }
  if [[ ! -e $folder/complete ]]; then
    need_disk "$cache" 8000 "installing the reference implementations"
    logged reference "installing the reference implementations into $folder (about 5 GB)" install_reference "$folder" "$pins" ||
      die "the reference implementations could not be installed. Is there a network? Can this machine reach its Python package index?"
  fi
  exec 9>&-
}

install_reference() {
  rm -rf "$1"
  mkdir -p "$cache/tmp"
  /usr/bin/python3 -m venv "$1" &&
    env TMPDIR="$cache/tmp" "$1/bin/pip" --disable-pip-version-check install -q -r "$2" &&
    touch "$1/complete"
}
