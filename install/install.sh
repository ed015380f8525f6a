#!/bin/sh
# Installs studio-worker for the account that runs this: no root, and nothing outside its home folder.
#
#   curl -fsSL https://github.com/webbertakken/studio-worker/releases/latest/download/studio-worker-installer.sh | sh
#
# In this order: find out what machine this is, download the release's manifest and verify its signature, download this
# machine's archive and verify its digest, run the new program's self-test, and only then put it in place. Every change is
# noted in a receipt before it is made. A failure or Ctrl-C reverses what this run changed, --uninstall reverses it all.
# The last line starts everything, so that half a download does nothing.

BASE_URL=https://github.com/webbertakken/studio-worker/releases
# The project's public keys, in minisign's form. The program carries the same two.
KEYS='RWTnqDDkPnPtrYuL8FQzuKAu6pSJCgrp5JOJZAXvUmD+KweahQdH6ZSv
RWTK4Mxy3BRsMrhAfXGrbcG9G0OgUcKmgqyrCS8yIfzZlCZlLLIMwugf'
# What the native libraries inside the program are linked to.
MIN_GLIBC=2.34
MARK='# studio-worker'

usage() {
  cat <<'END'
Installs studio-worker into ~/.local/bin, or into STUDIO_WORKER_INSTALL_DIR.

  --version X        this release instead of the latest
  --base-url URL     a mirror of the releases page (or STUDIO_WORKER_BASE_URL)
  --from FOLDER      a manifest, its signature and an archive that are on this disk; no network
  --no-modify-path   leave the start-up files of shells alone
  --dry-run          verify the release and show what would be done
  --uninstall        reverse every change; config, results and models stay
  --purge            with --uninstall: also remove config, results, registration and caches
END
}

say() { [ "$quiet" = yes ] || printf '%s\n' "$*"; }
warn() { printf 'warning: %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }
reason() { grep . "$work/why" | tail -n 3 | cut -c 1-300; }
size_of() { if [ -f "$1" ]; then echo $(($(wc -c <"$1"))); else echo 0; fi; }
quoted() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"; }

read_options() {
  version='' from='' modify_path=yes dry_run=no uninstall=no purge=no quiet=no
  base_url=${STUDIO_WORKER_BASE_URL:-$BASE_URL}
  # The updater calls this with files that it has verified: the shells are set up already.
  if [ "${STUDIO_WORKER_UPDATE:-}" = 1 ]; then quiet=yes modify_path=no; fi
  while [ $# -gt 0 ]; do
    case $1 in
      --version | --base-url | --from) [ $# -ge 2 ] || die "$1 needs a value" ;;
    esac
    case $1 in
      --version) version=${2#v}; shift ;;
      --base-url) base_url=$2; shift ;;
      --from) from=$2; shift ;;
      --no-modify-path) modify_path=no ;;
      --dry-run) dry_run=yes ;;
      --uninstall) uninstall=yes ;;
      --purge) purge=yes ;;
      -h | --help) usage; exit 0 ;;
      *) die "unknown option $1; --help lists them" ;;
    esac
    shift
  done
  [ "$purge" = no ] || [ "$uninstall" = yes ] || die '--purge goes with --uninstall'
  base_url=${base_url%/}
  case $base_url in
    https://*) schemes='=https' ;;
    http://127.0.0.1[:/]* | http://localhost[:/]* | 'http://[::1]'[:/]*) schemes='=http,https' ;;
    *) die "$base_url: only https is accepted, and http from this machine" ;;
  esac
}

find_places() {
  case ${HOME:-} in /*) ;; *) die 'HOME is not set to the folder of this account' ;; esac
  [ -d "$HOME" ] || die "HOME is $HOME, and there is no such folder"
  [ -n "$(find "$HOME" -prune -user "$(id -u)")" ] || die "$HOME belongs to another account; run this without sudo"
  bin_dir=${STUDIO_WORKER_INSTALL_DIR:-$HOME/.local/bin}
  case $bin_dir in /*) ;; *) die "STUDIO_WORKER_INSTALL_DIR must be a full path, not $bin_dir" ;; esac
  case $bin_dir$HOME in *"$TAB"* | *"$NL"*) die 'a folder with a tab or a line break in its name cannot be noted' ;; esac
  # A relative path in these variables is to be ignored (XDG Base Directory Specification).
  data_dir=$HOME/.local/share config_dir=$HOME/.config cache_dir=$HOME/.cache
  case ${XDG_DATA_HOME:-} in /*) data_dir=${XDG_DATA_HOME%/} ;; esac
  case ${XDG_CONFIG_HOME:-} in /*) config_dir=${XDG_CONFIG_HOME%/} ;; esac
  case ${XDG_CACHE_HOME:-} in /*) cache_dir=${XDG_CACHE_HOME%/} ;; esac
  bin_dir=${bin_dir%/}
  bin=$bin_dir/studio-worker
  receipt=$data_dir/studio-worker/install-receipt.tsv
  [ ! -d "$bin" ] || die "$bin is a folder"
}

# Names the release target of this machine: x86_64-unknown-linux-gnu and the like.
find_target() {
  cpu=$(uname -m)
  case $cpu in
    x86_64 | amd64) cpu=x86_64 ;;
    aarch64 | arm64) cpu=aarch64 ;;
    *) die "there is no studio-worker for this processor ($cpu), only for x86_64 and aarch64" ;;
  esac
  case $(uname -s) in
    Darwin)
      # A shell under Rosetta is told that the processor is an Intel one.
      [ "$(sysctl -n sysctl.proc_translated 2>/dev/null || true)" != 1 ] || cpu=aarch64
      target=$cpu-apple-darwin ;;
    Linux) find_libc; target=$cpu-unknown-linux-$libc ;;
    *) die "there is no studio-worker for $(uname -s); on Windows use studio-worker-installer.ps1" ;;
  esac
}

find_libc() {
  libc=musl glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null) || return 0
  libc=gnu glibc=${glibc#glibc }
  [ "$(getconf LONG_BIT)" = 64 ] || die 'this is a 32-bit system on a 64-bit processor; studio-worker needs a 64-bit one'
  oldest=$(printf '%s\n' "$MIN_GLIBC" "$glibc" | sort -t. -k1,1n -k2,2n | head -n 1)
  [ "$oldest" = "$MIN_GLIBC" ] ||
    die "this system's glibc is $glibc; studio-worker needs $MIN_GLIBC or later (Debian 12, Ubuntu 22.04, RHEL 9)"
}

find_tools() {
  has tar || die 'tar is needed to unpack the archive'
  if has sha256sum; then hasher=sha256sum
  elif has shasum; then hasher=shasum
  elif has openssl; then hasher=openssl
  else die 'nothing here can compute a SHA-256: install sha256sum (coreutils), shasum or openssl'; fi
  if has curl; then fetcher=curl
  elif has wget; then
    fetcher=wget
    # Some builds of busybox crash on a flag that they were built without.
    if wget --help 2>&1 | grep -q -e '-T'; then wget_stalls=yes; fi
  elif [ -z "$from" ]; then die 'curl or wget is needed to download the release'; fi
  # Ed25519 by the command line came with OpenSSL 3; LibreSSL and older ones cannot.
  if has minisign; then verifier=minisign
  elif has openssl && openssl pkeyutl -help 2>&1 | grep -q -e -rawin; then verifier=openssl
  else verifier=none; fi
}

sha256_of() {
  case $hasher in
    shasum) shasum -a 256 <"$1" ;;
    openssl) openssl dgst -sha256 -r <"$1" ;;
    *) sha256sum <"$1" ;;
  esac | cut -c 1-64
}

# A folder for everything that is not in its place yet, on the file system where the program goes. Two installations at a time
# would undo each other's changes.
open_work() {
  if [ "$dry_run" = yes ]; then
    work=${TMPDIR:-/tmp}/studio-worker-install.$$
  else
    make_dir "$bin_dir"
    [ -w "$bin_dir" ] || die "cannot write to $bin_dir; set STUDIO_WORKER_INSTALL_DIR to a folder of yours"
    work=$bin_dir/.studio-worker-install
    other=$(cat "$work/pid" 2>/dev/null || true)
    if [ -n "$other" ] && kill -0 "$other" 2>/dev/null; then
      work='' && die "another installation is running (process $other)"
    fi
    rm -rf "$work"
  fi
  (umask 077 && mkdir "$work" && echo $$ >"$work/pid") || die "cannot write to ${work%/*}"
}

# Makes a folder and those above it, each noted.
make_dir() {
  [ ! -d "$1" ] || return 0
  make_dir "${1%/*}"
  note dir "$1"
  mkdir "$1" 2>/dev/null || die "cannot make the folder $1; set STUDIO_WORKER_INSTALL_DIR to a folder of yours"
}

# Notes a change that is about to be made: its kind, a path and, for a line, its text. Until the receipt is open the changes
# of this run are only in memory.
note() {
  entry=$1$TAB$2${3:+$TAB$3}
  if [ -f "$receipt" ] && grep -qxF -e "$entry" "$receipt"; then return 0; fi
  changes=$changes$entry$NL
  [ "$receipt_open" = no ] || printf '%s\n' "$entry" >>"$receipt" || die "cannot write $receipt"
}

open_receipt() {
  make_dir "${receipt%/*}"
  if [ -f "$receipt" ]; then cp -p "$receipt" "$work/receipt.before"; fi
  (umask 077 && printf '%s' "$changes" >>"$receipt") || die "cannot write $receipt"
  receipt_open=yes
  # The worker makes these when it runs.
  for folder in "$config_dir" "$cache_dir"; do [ -d "$folder" ] || note dir "$folder"; done
}

# Downloads $1 to the file $2, and resumes what breaks off.
download() {
  for pause in 1 3 0; do
    had=$(size_of "$2")
    if fetch "$1" "$2"; then return 0; fi
    if grep -Eq ' 404([^0-9]|$)' "$work/why"; then break; fi
    # A server that cannot resume would fail in the same way for ever.
    [ "$(size_of "$2")" -gt "$had" ] || rm -f "$2"
    sleep "$pause"
  done
  die "cannot download $1: $(reason)"
}

fetch() {
  : >"$work/why"
  if [ "$fetcher" = wget ]; then
    wget -t 1 ${wget_stalls:+-T 60} -c -O "$2" "$1" 2>"$work/why"
  elif [ "$progress" = yes ]; then
    curl -fL --proto "$schemes" --connect-timeout 20 -y 60 -Y 1 --progress-bar -C - -o "$2" "$1"
  else
    curl -fsSL --proto "$schemes" --connect-timeout 20 -y 60 -Y 1 -C - -o "$2" "$1" 2>"$work/why"
  fi
}

# Leaves the verified facts of the release in version, archive_name, archive_size and archive_sha256.
get_manifest() {
  manifest=$work/dist-manifest.json
  if [ -n "$from" ]; then
    cp "$from/dist-manifest.json" "$from/dist-manifest.json.minisig" "$work/" || die "$from lacks a manifest or its signature"
  else
    if [ -n "$version" ]; then page=download/studio-worker-v$version; else page=latest/download; fi
    download "$base_url/$page/dist-manifest.json" "$manifest"
    grep -q '^"schema": "studio-worker-release/1",$' "$manifest" || die "$base_url/$page has no release for this installer"
    # By its version from here on: another release may become the latest meanwhile.
    [ -n "$version" ] || page=download/studio-worker-v$(manifest_value version)
    download "$base_url/$page/dist-manifest.json.minisig" "$manifest.minisig"
  fi
  verify_signature
  released=$(manifest_value version)
  [ "${version:-$released}" = "$released" ] || die "the manifest is that of $released, not of $version"
  version=$released
  artifact=$(grep -F "\"kind\":\"worker\",\"target\":\"$target\"" "$manifest" | head -n 1)
  [ -n "$artifact" ] || die "studio-worker $version is not available for $target${libc:+ (this system has the C library $libc)}"
  archive_name=$(artifact_value '"name":"\([A-Za-z0-9][A-Za-z0-9._+-]*\)"')
  archive_size=$(artifact_value '"sizeBytes":\([0-9]*\)')
  archive_sha256=$(artifact_value '"sha256":"\([0-9a-f]\{64\}\)"')
  megabytes=$(((archive_size + 999999) / 1000000))
  case $archive_name:$archive_size:$archive_sha256 in :* | *::* | *:) die 'the manifest cannot be read' ;; esac
}

manifest_value() { sed -n 's/^"'"$1"'": "\([A-Za-z0-9.+-]*\)",$/\1/p' "$manifest"; }
artifact_value() { printf '%s\n' "$artifact" | sed -n "s/.*$1.*/\\1/p"; }

verify_signature() {
  if [ "$verifier" = none ]; then
    signed='verified only by the new program itself, for want of minisign or OpenSSL 3'
    return 0
  fi
  for key in $KEYS; do
    if "${verifier}_accepts" "$key" 2>/dev/null; then signed="good, by $verifier"; return 0; fi
  done
  die 'the signature of the manifest is not by the project: this is no release of studio-worker'
}

minisign_accepts() { minisign -V -q -m "$manifest" -x "$manifest.minisig" -P "$1"; }

# What minisign signs is the BLAKE2b-512 digest of the file. A key is its last 32 bytes, a signature its last 64.
openssl_accepts() {
  { printf '\060\052\060\005\006\003\053\145\160\003\041\000'; from_base64 "$1" | tail -c 32; } >"$work/key"
  from_base64 "$(sed -n 2p "$manifest.minisig")" >"$work/blob"
  [ "$(dd if="$work/blob" bs=2 count=1)" = ED ] || return 1
  tail -c 64 "$work/blob" >"$work/signature"
  openssl dgst -blake2b512 -binary "$manifest" >"$work/digest" &&
    openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/key" -rawin -in "$work/digest" -sigfile "$work/signature" >&2
}

from_base64() { printf '%s' "$1" | openssl base64 -d -A; }

get_archive() {
  archive=$work/$archive_name
  if [ -n "$from" ]; then
    archive=$from/$archive_name
    [ -f "$archive" ] || die "$from lacks $archive_name"
  else
    if [ -t 2 ] && [ "$quiet" = no ]; then progress=yes; fi
    download "$base_url/$page/$archive_name" "$archive"
  fi
  [ "$(size_of "$archive") $(sha256_of "$archive")" = "$archive_size $archive_sha256" ] ||
    die "$archive_name is not the file that the manifest names: its size or SHA-256 differs"
  say "  archive    $megabytes MB, SHA-256 as signed"
}

# The xz that some builds of tar have inside does not know the filter for programs.
unpack() {
  if has xz; then xz -dc "$archive" | tar -xof - -C "$work"; else tar -xoJf "$archive" -C "$work"; fi
}

# Unpacks the archive and has the new program verify it, with its own keys, and load its libraries.
try_program() {
  unpack 2>"$work/why" || die "cannot unpack $archive_name, which takes xz (xz-utils) and disk space: $(reason)"
  unpacked=$work/studio-worker-$target
  new=$unpacked/studio-worker
  [ -f "$new" ] || die "$archive_name holds no studio-worker"
  chmod 755 "$new"
  code=0
  STUDIO_WORKER_CACHE_DIR=$work/cache "$new" --self-test --manifest "$manifest" --signature "$manifest.minisig" \
    --archive "$archive" </dev/null >"$work/why" 2>&1 || code=$?
  [ "$code" != 132 ] || die 'the new program does not run on this processor, which lacks instructions that it uses (AVX2)'
  [ "$code" = 0 ] || die "the new program fails its self-test (exit code $code): $(reason)"
  say '  self-test  passed'
}

# Replaces the program in one step, also while it runs, and keeps the one that was there.
put_in_place() {
  note file "$bin"
  if [ -e "$bin" ]; then
    note file "$bin.previous"
    ln "$bin" "$work/replaced" 2>/dev/null || cp -p "$bin" "$work/replaced" || die "cannot keep a copy of $bin"
  fi
  swapped=yes
  mv -f "$new" "$bin" || die "cannot replace $bin"
  answer=$("$bin" --version </dev/null) || die "$bin does not run"
  [ "$answer" = "studio-worker $version" ] || die "$bin says that it is $answer"
  [ ! -e "$work/replaced" ] || mv -f "$work/replaced" "$bin.previous"
  committed=yes
  say "  installed  $bin"
}

# Completions and the manual page, where shells and man look. The program works without them.
add_shell_files() {
  completions=$unpacked/completions
  add_file "$completions/studio-worker.bash" "$data_dir/bash-completion/completions/studio-worker"
  add_file "$completions/_studio-worker" "$data_dir/zsh/site-functions/_studio-worker"
  add_file "$completions/studio-worker.fish" "$data_dir/fish/vendor_completions.d/studio-worker.fish"
  add_file "$unpacked/studio-worker.1" "$data_dir/man/man1/studio-worker.1"
}

add_file() {
  (make_dir "${2%/*}" && note file "$2" && cp "$1" "$2") 2>/dev/null || warn "cannot write $2"
}

# Lines for the start-up files of the shells that are used here, each guarded against being run twice.
add_to_path() {
  dir=$(quoted "$bin_dir")
  line="case \":\$PATH:\" in *:$dir:*) ;; *) PATH=$dir:\$PATH; export PATH ;; esac $MARK"
  case :$PATH: in *:"$bin_dir":*) line='' ;; esac
  case $bin_dir in *:*) line='' && warn "no PATH can hold $bin_dir, which has a colon in its name" ;; esac
  if [ -n "$line" ]; then
    add_line "$HOME/.profile" "$line"
    for file in "$HOME/.bash_profile" "$HOME/.bash_login"; do [ ! -f "$file" ] || add_line "$file" "$line"; done
    if uses_shell bash "$HOME/.bashrc"; then add_line "$HOME/.bashrc" "$line"; fi
    echo "contains -- $dir \$PATH; or set -gx PATH $dir \$PATH" >"$work/path.fish"
    add_file "$work/path.fish" "$data_dir/fish/vendor_conf.d/studio-worker.fish"
  fi
  if uses_shell zsh "$zsh_dir/.zshrc" || [ -f "$zsh_dir/.zshenv" ]; then
    [ -z "$line" ] || add_line "$zsh_dir/.zshenv" "$line"
    add_line "$zsh_dir/.zshenv" "fpath=($(quoted "$data_dir/zsh/site-functions") \$fpath) $MARK"
  fi
}

uses_shell() { [ "${SHELL##*/}" = "$1" ] || [ -f "$2" ]; }

# Appends a line to a file unless it is there. A file that ends without a line feed gets one first, which is noted too.
add_line() {
  if [ -f "$1" ] && grep -qxF -e "$2" "$1"; then return 0; fi
  [ -e "$1" ] || note file "$1"
  if ! (: >>"$1") 2>/dev/null; then
    warn "cannot write $1; add this line yourself: $2"
    return 0
  fi
  if [ -n "$(tail -c 1 "$1")" ]; then note newline "$1"; echo >>"$1"; fi
  note line "$1" "$2"
  printf '%s\n' "$2" >>"$1"
  say "  shell      $1"
}

show_plan() {
  say "would install studio-worker $version for $target"
  say "  from       ${from:-$base_url/$page}/$archive_name ($megabytes MB)"
  if [ -e "$bin" ]; then say "  replacing  $bin, kept as $bin.previous"; else say "  to         $bin"; fi
  say "  shells     completions and manual page in $data_dir"
  [ "$modify_path" = no ] || say '  PATH       a line in the start-up files of your shells, where it is missing'
}

# The one next step.
finish() {
  if [ -e "$bin.previous" ]; then
    say 'A worker that runs now keeps its version until it is restarted.'
  fi
  case :$PATH: in
    *:"$bin_dir":*) say 'Next: studio-worker setup' ;;
    *) say "Next: $bin setup     (new terminals find it as studio-worker)" ;;
  esac
}

uninstall() {
  [ -f "$receipt" ] || [ "$purge" = yes ] || die "nothing to uninstall: there is no receipt at $receipt"
  # The program knows what else it made, such as the models that it downloaded. What it leaves is reversed below.
  if [ "$purge$dry_run" = yesno ] && [ -x "$bin" ]; then "$bin" uninstall --purge --yes </dev/null >/dev/null 2>&1 || true; fi
  if [ -f "$receipt" ]; then entries=$(cat "$receipt"); else entries=''; fi
  if [ "$dry_run" = yes ]; then say "would reverse:$NL$entries"; return 0; fi
  work=${receipt%/*}/.uninstall
  [ -z "$entries" ] || mkdir -p "$work"
  printf '%s\n' "$entries" | undo files
  if [ "$purge" = yes ]; then
    rm -rf "$config_dir/minis-studio-worker" "$cache_dir/studio-worker" "$data_dir/studio-worker"
    rm -rf "$HOME/Library/Application Support/gg.minis.minis-studio-worker" "$HOME/Library/Caches/studio-worker"
  fi
  rm -rf "$work" "$receipt"
  # Last, since the receipt itself was in one of them.
  printf '%s\n' "$entries" | undo folders
  say 'studio-worker is uninstalled'
  [ "$purge" = yes ] || say "config and results stay in $config_dir/minis-studio-worker, models where they are"
}

# Reverses the changes it reads, the last one first: folders, or everything else.
undo() {
  sed '1!G;h;$!d' | while IFS=$TAB read -r kind entry text; do
    case $1:$kind in
      files:dir | folders:[!d]* | *:) ;;
      folders:dir) rmdir "$entry" 2>/dev/null || [ ! -d "$entry" ] || say "kept $entry, which is not empty" ;;
      files:file) undo_file "$entry" ;;
      files:line) keep_lines_but "$entry" "$text" ;;
      files:newline) cut_newline "$entry" ;;
      files:service) undo_service "$entry" ;;
      files:login) rm -f "$entry" ;;
      *) warn "do not know how to reverse: $kind $entry" ;;
    esac
  done
}

# A start-up file that was made for a line of ours may have got others since.
undo_file() {
  case $changes$entries in *"line$TAB$1$TAB"*) [ ! -s "$1" ] || return 0 ;; esac
  rm -f "$1"
}

keep_lines_but() {
  grep -qxF -e "$2" "$1" 2>/dev/null || return 0
  grep -vxF -e "$2" "$1" >"$work/kept" || [ $? = 1 ] || return 0
  replace_text "$1"
}

cut_newline() {
  [ -f "$1" ] || return 0
  text=$(cat "$1" && echo .)
  text=${text%.}
  printf '%s' "${text%"$NL"}" >"$work/kept" && replace_text "$1"
}

# Keeps the mode of a file, and a link a link.
replace_text() {
  if [ -L "$1" ]; then cat "$work/kept" >"$1"; return; fi
  cp -p "$1" "$1.studio-worker" && cat "$work/kept" >"$1.studio-worker" && mv -f "$1.studio-worker" "$1"
}

undo_service() {
  case $1 in
    *.service) systemctl --user disable --now "${1##*/}" 2>/dev/null || true ;;
    *.plist) launchctl unload "$1" 2>/dev/null || true ;;
  esac
  rm -f "$1"
  case $1 in *.service) systemctl --user daemon-reload 2>/dev/null || true ;; esac
}

# Runs at every end. Before the new program is in place and answers, everything is as it was.
clean_up() {
  code=${interrupted:-$?}
  trap - EXIT
  trap '' INT TERM HUP
  if [ "$committed" = no ]; then
    if [ "$swapped" = yes ]; then
      if [ -e "$work/replaced" ]; then mv -f "$work/replaced" "$bin"; else rm -f "$bin"; fi
    fi
    if [ -f "$work/receipt.before" ]; then mv -f "$work/receipt.before" "$receipt"
    elif [ "$receipt_open" = yes ]; then rm -f "$receipt"; fi
  fi
  [ -z "$work" ] || rm -rf "$work"
  if [ "$committed" = no ]; then printf '%s' "$changes" | undo folders; fi
  exit "$code"
}

main() {
  if [ -n "${ZSH_VERSION:-}" ]; then emulate -R sh; fi
  set -eu
  # Names are bytes here; sort and grep then agree with every locale.
  LC_ALL=C; export LC_ALL
  TAB=$(printf '\t') NL='
'
  changes='' entries='' work='' receipt='' libc='' wget_stalls='' receipt_open=no swapped=no committed=no progress=no
  SHELL=${SHELL:-} zsh_dir=${ZDOTDIR:-${HOME:-}}
  read_options "$@"
  find_places
  if [ "$uninstall" = yes ]; then uninstall; return; fi
  trap clean_up EXIT
  trap 'interrupted=130; exit 130' INT
  trap 'interrupted=143; exit 143' TERM HUP
  find_target
  find_tools
  open_work
  get_manifest
  if [ "$dry_run" = yes ]; then show_plan; return; fi
  say "studio-worker $version for $target"
  say "  signature  $signed"
  open_receipt
  get_archive
  try_program
  put_in_place
  add_shell_files
  if [ "$modify_path" = yes ]; then add_to_path; fi
  finish
}

main "$@"
