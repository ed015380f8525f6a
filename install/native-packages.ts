import type { PayloadName } from '../src/system/payloads.ts';
import type { Target } from './targets.ts';

/** A package with native files, and how its own search for them is replaced: an executable has no `node_modules`. */
export interface NativePackage {
  /** Its name in the registry, whose version names the archive. */
  readonly packageName: string;
  /** Folders below `node_modules` whose files are packed, with where they go in the payload. */
  readonly folders: (target: Target) => readonly (readonly [from: string, to: string])[];
  /** Targets that the package has no binary for; there, whatever needs it says so. */
  readonly lacks?: readonly string[];
  /** Files of those folders that are left out. */
  readonly without?: RegExp;
  /** The source file that looks for the addon. */
  readonly finder: RegExp;
  /** What makes that file the one we know. */
  readonly marks: readonly string[];
  /** The file, loading the addon by this expression instead. */
  readonly rewrite: (source: string, addon: string) => string;
}

const same = (folder: string): readonly [string, string] => [folder, folder];
const ORT_FINDS = 'require(`../bin/napi-v6/${process.platform}/${process.arch}/onnxruntime_binding.node`)';

/** Every package that an executable carries native files of. */
export const NATIVE_PACKAGES: Readonly<Record<PayloadName, NativePackage>> = {
  sharp: {
    packageName: 'sharp',
    // The layout `@img/<package>/lib` is kept: the addon looks for its libraries relative to itself. On Windows it
    // brings them itself.
    folders: ({ os, cpu }) => [same(`@img/sharp-${os}-${cpu}/lib`), same(`@img/sharp-libvips-${os}-${cpu}/lib`)],
    finder: /[\\/]sharp[\\/]dist[\\/]sharp\.mjs$/,
    marks: ['require("@img/sharp-linux-x64/sharp.node")', 'export default sharp;'],
    rewrite: (_source, addon) => `export default ${addon};`,
  },
  ort: {
    packageName: 'onnxruntime-node',
    folders: ({ os, cpu }) => [[`onnxruntime-node/bin/napi-v6/${os}/${cpu}`, '.']],
    lacks: ['x86_64-apple-darwin'],
    without: /libonnxruntime\.\d+\.\d+\.\d+\.dylib$/, // the same file once more, under a name that nothing links to
    finder: /[\\/]onnxruntime-node[\\/]dist[\\/]binding\.js$/,
    marks: [ORT_FINDS],
    rewrite: (source, addon) => source.replace(ORT_FINDS, () => addon),
  },
};
