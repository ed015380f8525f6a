import type { PayloadName } from '../src/system/native/payloads.ts';
import type { Target } from './targets.ts';

/** A package with native files, and how it is made to find them: an executable has no `node_modules`. */
export interface NativePackage {
  /** Its name in the registry, whose version names the archive. */
  readonly packageName: string;
  /** Files, and folders whose files are packed, below `node_modules`, with where they go in the payload. */
  readonly contents: (target: Target) => readonly (readonly [from: string, to: string])[];
  /** Targets that the package has no binary for; there, whatever needs it says so. */
  readonly lacks?: readonly string[];
  /** Which of those files are packed; what the system's loader opens unless told otherwise. */
  readonly only?: RegExp;
  /** Files that are left out all the same. */
  readonly without?: RegExp;
  readonly rewrites: readonly Rewrite[];
  /** Packages that it looks for when it runs, and does without. */
  readonly optional?: readonly string[];
}

/** A source file that has to be another one in an executable. */
export interface Rewrite {
  readonly file: RegExp;
  /** What makes it the one we know. */
  readonly marks: readonly string[];
  readonly rewrite: (source: string, unpacked: Unpacked) => string;
}

/** Where things are in an executable, as expressions that ask only when they are evaluated. */
export interface Unpacked {
  /** The loaded addon. */
  readonly addon: string;
  /** The path of the folder that the payload is unpacked in. */
  readonly folder: string;
}

const same = (folder: string): readonly [string, string] => [folder, folder];
const ORT_FINDS = 'require(`../bin/napi-v6/${process.platform}/${process.arch}/onnxruntime_binding.node`)';

/**
 * For who compiles against it, and for CPUs that Bun itself does not start on: it takes one of 2013 or later (AVX2). The
 * kernels for any x64 CPU stay, for ggml to fall back on.
 */
const NEEDLESS = /\.lib$|ggml-cpu-(sse42|sandybridge|ivybridge|piledriver)\.(so|dll)$/;

const LLAMA_FINDS = 'const __dirname = path.dirname(fileURLToPath(import.meta.url));';
const LLAMA_GUARD = 'const detectedFileName = path.basename(__filename);';

/** The package's binaries for the processor, which on newer Macs are those for Metal too. */
function llamaPackage({ os, cpu }: Target): string {
  const system = os === 'darwin' ? 'mac' : os === 'win32' ? 'win' : os;
  return `${system}-${cpu}${os === 'darwin' && cpu === 'arm64' ? '-metal' : ''}`;
}

/** A file that reckons where its package is from where it is itself. */
const llamaFolder = (file: RegExp, own: string): Rewrite => ({
  file,
  marks: [LLAMA_FINDS],
  rewrite: (source, { folder }) =>
    source.replace(LLAMA_FINDS, () => `const __dirname = path.join(${folder}, ${JSON.stringify(own)});`),
});

/** Every package that an executable carries native files of. */
export const NATIVE_PACKAGES: Readonly<Record<PayloadName, NativePackage>> = {
  sharp: {
    packageName: 'sharp',
    // The layout `@img/<package>/lib` is kept: the addon looks for its libraries relative to itself. On Windows it
    // brings them itself.
    contents: ({ os, cpu }) => [same(`@img/sharp-${os}-${cpu}/lib`), same(`@img/sharp-libvips-${os}-${cpu}/lib`)],
    rewrites: [
      {
        file: /[\\/]sharp[\\/]dist[\\/]sharp\.mjs$/,
        marks: ['require("@img/sharp-linux-x64/sharp.node")', 'export default sharp;'],
        rewrite: (_source, { addon }) => `export default ${addon};`,
      },
    ],
  },
  ort: {
    packageName: 'onnxruntime-node',
    contents: ({ os, cpu }) => [[`onnxruntime-node/bin/napi-v6/${os}/${cpu}`, '.']],
    lacks: ['x86_64-apple-darwin'],
    without: /libonnxruntime\.\d+\.\d+\.\d+\.dylib$/, // the same file once more, under a name that nothing links to
    rewrites: [
      {
        file: /[\\/]onnxruntime-node[\\/]dist[\\/]binding\.js$/,
        marks: [ORT_FINDS],
        rewrite: (source, { addon }) => source.replace(ORT_FINDS, () => addon),
      },
    ],
  },
  llama: {
    packageName: 'node-llama-cpp',
    // The package's own layout, as far as it reads it: it looks for binaries in its folder `bins` first.
    contents: (target) => [
      [`@node-llama-cpp/${llamaPackage(target)}/bins`, 'bins'],
      ['node-llama-cpp/package.json', 'package.json'],
      ['node-llama-cpp/llama/binariesGithubRelease.json', 'llama/binariesGithubRelease.json'],
    ],
    only: /./,
    without: NEEDLESS,
    rewrites: [
      llamaFolder(/[\\/]node-llama-cpp[\\/]dist[\\/]config\.js$/, 'dist'),
      llamaFolder(/[\\/]node-llama-cpp[\\/]dist[\\/]utils[\\/]getModuleVersion\.js$/, 'dist/utils'),
      {
        // It tries each binary in a process of its own, which is this executable once more, whatever the file is called.
        file: /[\\/]node-llama-cpp[\\/]dist[\\/]bindings[\\/]utils[\\/]testBindingBinary\.js$/,
        marks: [LLAMA_GUARD],
        rewrite: (source) => source.replace(LLAMA_GUARD, 'const detectedFileName = "testBindingBinary.js";'),
      },
    ],
    // The second clones files of a downloader that is not used here.
    optional: ['@node-llama-cpp/*', '@reflink/*'],
  },
  vision: {
    packageName: '@fugood/llama.node',
    contents: ({ os, cpu }) => [[`@fugood/node-llama-${os}-${cpu}`, '.']],
    rewrites: [], // the addon is opened by its path, without the package's own code
  },
  whisper: {
    packageName: '@fugood/whisper.node',
    contents: ({ os, cpu }) => [[`@fugood/node-whisper-${os}-${cpu}`, '.']],
    rewrites: [
      {
        // Its own way would hide why an addon does not load, and search on.
        file: /[\\/]whisper\.node[\\/]lib[\\/]binding\.js$/,
        marks: ['loadPlatformPackage(getPlatformPackageName(variant))', 'exports.loadModule = loadModule;'],
        rewrite: (_source, { addon }) => `exports.loadModule = async () => ${addon};`,
      },
    ],
  },
};
