import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { WorkerError } from '../src/base/errors.ts';
import type { PayloadName } from '../src/system/native/payloads.ts';
import { NATIVE_PACKAGES, type Unpacked } from './native-packages.ts';
import type { PackedPayload } from './payload.ts';

const PAYLOADS = /[\\/]src[\\/]system[\\/]native[\\/]payloads\.ts$/;

export interface NativePlugin extends Bun.BunPlugin {
  /** @throws WorkerError `internal` when a file that had to be replaced was not even asked for */
  assertUsed(): void;
}

/**
 * Puts the native files into the executable, and makes their packages load them from where they are unpacked.
 *
 * Each file is checked before it is replaced: an executable that finds no binary would only fail at the operator's.
 */
export function nativePlugin(names: readonly PayloadName[], payloads: readonly PackedPayload[]): NativePlugin {
  const replaced = new Set<RegExp>();
  const replace = (
    build: Bun.PluginBuilder,
    { file, marks }: { readonly file: RegExp; readonly marks: readonly string[] },
    rewrite: (source: string) => string,
  ): void =>
    void build.onLoad({ filter: file }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const missing = marks.find((mark) => !source.includes(mark));
      if (missing !== undefined) throw new WorkerError('internal', `${path} has changed: no ${missing} in it`);
      replaced.add(file);
      return { contents: rewrite(source), loader: 'js' };
    });
  return {
    name: 'native',
    setup: (build) => {
      replace(build, { file: PAYLOADS, marks: ['export const payloads'] }, () => tableOf(payloads));
      for (const name of names) {
        const unpacked = unpackedBy(
          name,
          payloads.find((payload) => payload.name === name),
        );
        for (const { file, marks, rewrite } of NATIVE_PACKAGES[name].rewrites) {
          replace(build, { file, marks }, (source) => rewrite(source, unpacked));
        }
      }
    },
    assertUsed: () => {
      const files = [PAYLOADS, ...names.flatMap((name) => NATIVE_PACKAGES[name].rewrites.map(({ file }) => file))];
      const unused = files.find((file) => !replaced.has(file));
      if (unused === undefined) return;
      throw new WorkerError(
        'internal',
        `the program loads no file like ${unused.source}: native files would be missing`,
      );
    },
  };
}

/** Takes the place of `payloads.ts`. */
function tableOf(payloads: readonly PackedPayload[]): string {
  const imports = payloads.map(
    ({ name, path }) => `import ${name} from ${JSON.stringify(resolve(path))} with { type: 'file' };`,
  );
  const rows = payloads.map(({ name, sha256 }) => `${name}: { path: ${name}, sha256: '${sha256}' }`);
  return `${imports.join('\n')}\nexport const payloads = { ${rows.join(', ')} };`;
}

/** Expressions that work in modules of both kinds. */
function unpackedBy(name: PayloadName, payload: PackedPayload | undefined): Unpacked {
  if (payload === undefined) {
    const absent = `(() => { throw new Error('this executable carries no ${name} files for this system') })()`;
    return { addon: absent, folder: absent };
  }
  const folder = `require(${JSON.stringify(resolve('src/system/native/native-cache.ts'))}).unpackedFolder('${name}')`;
  const addon = `(() => {
  const addon = { exports: {} };
  process.dlopen(addon, require('node:path').join(${folder}, ${JSON.stringify(payload.addon)}));
  return addon.exports;
})()`;
  return { addon, folder };
}
