import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { WorkerError } from '../src/base/errors.ts';
import type { Parts } from './payload.ts';

/** The part of sharp that searches `node_modules` for its binary, which an executable has none of. */
const FINDER = /[\\/]sharp[\\/]dist[\\/]sharp\.mjs$/;
/** What makes that file the one we know. */
const FINDER_LOADS = 'require("@img/sharp-linux-x64/sharp.node")';
const FINDER_GIVES = 'export default sharp;';
const PAYLOADS = /[\\/]src[\\/]system[\\/]payloads\.ts$/;

export interface NativePlugin extends Bun.BunPlugin {
  /** @throws WorkerError `internal` when a file that had to be replaced was not even asked for */
  assertUsed(): void;
}

/**
 * Puts the native files into the executable, and makes sharp load them from where they are unpacked.
 *
 * Both files are checked before they are replaced: an executable that finds no binary would only fail at the operator's.
 */
export function nativePlugin({ payload, sha256, addon }: Parts): NativePlugin {
  const replaced = new Set<string>();
  const table = `import path from ${JSON.stringify(resolve(payload))} with { type: 'file' };
export const payloads = { sharp: { path, sha256: '${sha256}' } };`;
  const loader = `import { join } from 'node:path';
import { unpackedFolder } from ${JSON.stringify(resolve('src/system/native-cache.ts'))};
const addon = { exports: {} };
process.dlopen(addon, join(unpackedFolder('sharp'), ${JSON.stringify(addon)}));
export default addon.exports;`;

  const replace = (build: Bun.PluginBuilder, file: RegExp, marks: readonly string[], contents: string): void =>
    void build.onLoad({ filter: file }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const missing = marks.find((mark) => !source.includes(mark));
      if (missing !== undefined) throw new WorkerError('internal', `${path} has changed: no ${missing} in it`);
      replaced.add(file.source);
      return { contents, loader: 'js' };
    });
  return {
    name: 'native',
    setup: (build) => {
      replace(build, PAYLOADS, ['export const payloads'], table);
      replace(build, FINDER, [FINDER_LOADS, FINDER_GIVES], loader);
    },
    assertUsed: () => {
      const unused = [PAYLOADS, FINDER].find((file) => !replaced.has(file.source));
      if (unused === undefined) return;
      throw new WorkerError(
        'internal',
        `the program loads no file like ${unused.source}: native files would be missing`,
      );
    },
  };
}
