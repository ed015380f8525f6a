import type { Component, InnerComponent } from '../../src/licences/licences.ts';

/*
 * What is linked into binaries of others. A binary does not say, so this is kept by hand, from what their makers declare:
 * for libvips and Bun in the files named below, and from the symbols of the binaries. A native package that is in no row here stops the build.
 */

export interface Inside extends Pick<Component, 'inside' | 'replacing'> {
  /** The packages whose binaries these are in. */
  readonly packages: RegExp;
  /** Where the source of the binaries is, if not where the package's is. */
  readonly source?: string;
}

/** A table of rows such as `glib: LGPL-3.0-or-later`. */
const rows = (text: string): readonly InnerComponent[] =>
  text
    .trim()
    .split('\n')
    .map((line) => {
      const [name = '', licence = ''] = line.trim().split(': ');
      return { name, licence };
    });

/** `README.md` and `versions.json` of the packages of sharp-libvips. */
const LIBVIPS = rows(`
  aom: BSD-2-Clause
  archive: BSD-2-Clause
  cairo: MPL-1.1
  cgif: MIT
  exif: LGPL-3.0-or-later
  expat: MIT
  ffi: MIT
  fontconfig: HPND
  freetype: FTL
  fribidi: LGPL-3.0-or-later
  glib: LGPL-3.0-or-later
  harfbuzz: MIT
  heif: LGPL-3.0-or-later
  highway: BSD-3-Clause
  imagequant: BSD-2-Clause
  lcms: MIT
  mozjpeg: Zlib AND IJG AND BSD-3-Clause
  nsgif: MIT
  pango: LGPL-3.0-or-later
  pixman: MIT
  png: libpng-2.0
  proxy-libintl: LGPL-3.0-or-later
  rsvg: LGPL-3.0-or-later
  tiff: libtiff
  uhdr: MIT
  vips: LGPL-3.0-or-later
  webp: BSD-3-Clause
  xml2: MIT
  zlib-ng: Zlib
`);

/** https://bun.sh/docs/project/license */
export const BUN_INSIDE = rows(`
  JavaScriptCore and WebKit: LGPL-2.0-or-later
  TinyCC: LGPL-2.1-or-later
  BoringSSL: Apache-2.0
  brotli: MIT
  libarchive: BSD-2-Clause
  lol-html: BSD-3-Clause
  ls-hpack: MIT
  ls-qpack: MIT
  lsquic: MIT AND BSD-3-Clause
  mimalloc: MIT
  picohttpparser: MIT
  zstd: BSD-3-Clause
  simdutf: Apache-2.0
  uSockets: Apache-2.0
  uWebSockets: Apache-2.0
  zlib-ng: Zlib
  c-ares: MIT
  ICU: Unicode-3.0
  base64: BSD-2-Clause
  libuv: MIT
  libdeflate: MIT
  libjpeg-turbo: BSD-3-Clause AND IJG AND Zlib
  libspng: BSD-2-Clause
  libwebp: BSD-3-Clause
  highway: Apache-2.0
  uucode: MIT
  SQLite: blessing
  TigerBeetle (parts): Apache-2.0
  libc++abi (parts): Apache-2.0 WITH LLVM-exception
  esbuild (ported parts): MIT
  browserify and acorn (polyfills): MIT
`);

/** The dependencies that ONNX Runtime's `cmake/deps.txt` builds in, on one system or another. */
const ONNX_RUNTIME = rows(`
  Abseil: Apache-2.0
  Boost.Mp11: BSL-1.0
  cpuinfo: BSD-2-Clause
  Date: MIT
  Dawn: BSD-3-Clause
  Eigen: MPL-2.0
  FlatBuffers: Apache-2.0
  GSL: MIT
  JSON for Modern C++: MIT
  KleidiAI: Apache-2.0 AND BSD-3-Clause
  ONNX: Apache-2.0
  Protocol Buffers: BSD-3-Clause
  pthreadpool: BSD-2-Clause
  RE2: BSD-3-Clause
  SafeInt: MIT
  XNNPACK: BSD-3-Clause
`);

const REBUILD =
  'Or put your build in the place of the files of this package in node_modules of a checkout of studio-worker, and run ' +
  '`bun run build`: it makes the whole executable from them.';

export const INSIDE: readonly Inside[] = [
  {
    packages: /^@img\/sharp-(libvips-|win32-)/,
    source: 'https://github.com/lovell/sharp-libvips',
    inside: LIBVIPS,
    replacing:
      'libvips and the libraries in it are one shared library, in a folder `sharp-…` of the native cache ' +
      '(`~/.cache/studio-worker/native` on Linux, named by STUDIO_WORKER_CACHE_DIR elsewhere). To use a build of your ' +
      `own, replace that library and remove its line from the file \`.complete\` in that folder. ${REBUILD}`,
  },
  { packages: /^@img\/sharp-(?!libvips-|win32-)/, inside: [] },
  {
    packages: /^onnxruntime-node$/,
    source: 'https://github.com/microsoft/onnxruntime',
    inside: ONNX_RUNTIME,
    replacing: `The source code of Eigen, under the MPL-2.0 and unchanged, is at https://gitlab.com/libeigen/eigen. ${REBUILD}`,
  },
  {
    packages: /^@node-llama-cpp\//,
    source: 'https://github.com/ggml-org/llama.cpp',
    inside: rows('llama.cpp: MIT\nggml: MIT\nJSON for Modern C++: MIT\ncpp-httplib: MIT'),
  },
  { packages: /^node-llama-cpp$/, inside: [] },
  {
    packages: /^@fugood\/node-llama-/,
    source: 'https://github.com/ggml-org/llama.cpp',
    inside: rows(`
      llama.cpp: MIT
      ggml: MIT
      JSON for Modern C++: MIT
      stb_image: MIT OR Unlicense
      miniaudio: MIT-0 OR Unlicense
      anyascii: ISC
    `),
  },
  {
    packages: /^@fugood\/node-whisper-/,
    source: 'https://github.com/ggml-org/whisper.cpp',
    inside: rows('whisper.cpp: MIT\nggml: MIT\nminiaudio: MIT-0 OR Unlicense'),
  },
];

export const BUN_REPLACING =
  'JavaScriptCore is linked into Bun. Its patched source is at https://github.com/oven-sh/WebKit, that of Bun, with how ' +
  'to link it anew (`bun run build:local`), at https://github.com/oven-sh/bun. All of studio-worker is available as ' +
  'source: `bun run build` of a checkout, run by your Bun, makes an executable on top of it.';
