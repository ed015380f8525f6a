import { WorkerError } from '../base/errors.ts';
import { exclusively } from '../base/exclusive.ts';
import { toModelId } from '../base/ids.ts';
import { formatBytes } from '../base/units.ts';
import { shownUrl } from '../base/urls.ts';
import type { Logger } from '../log/logger.ts';
import type { Clock } from '../system/clock.ts';
import type { Files } from '../system/disk/files.ts';
import type { AccountCache } from '../system/native/native-cache.ts';
import type { FileProgress, ModelStoreOptions } from '../models/store/options.ts';
import type { ModelStore } from '../models/store/store.ts';
import { downloadSource } from './download-source.ts';

/** Native files for one kind of device, which a release has beside the executable. */
export interface Pack {
  /** By which people ask for it: `cuda`, `vulkan`, `vision-vulkan`. */
  readonly name: string;
  /** What it is for: `cuda`, `vulkan`. */
  readonly flavour: string;
  /** Its file in the release. */
  readonly file: string;
  /** In hex; empty for a pack that this release does not know: it is never fetched. */
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly unpackedBytes: number;
  /** The driver's library, and a function it has. */
  readonly needs: { readonly library: string; readonly function: string };
}

/** The packs of this release: on this disk, or to be fetched. */
export interface PackStore {
  /** The folder of a pack on this disk; undefined when it is missing or incomplete. */
  find(pack: Pack): string | undefined;
  /**
   * Fetches a pack unless it is here. Several callers, in this process or in others, share one download; one that was cut
   * is resumed.
   *
   * @throws WorkerError `engine.unavailable` | `model.checksum-mismatch` | `disk.full` | `native.unavailable` | any
   * `download.*` or `url.refused`; the signal's reason on abort
   */
  pull(pack: Pack, signal: AbortSignal, onProgress?: (progress: FileProgress) => void): Promise<string>;
}

/** What the packs of a release are fetched and unpacked with. */
export interface PackStoreOptions {
  /** Where archives are until they are unpacked; called when the first one is fetched. */
  readonly root: () => string;
  /** Opens a model store with this root. */
  readonly openStore: (root: string) => Pick<ModelStore, 'hold'>;
  readonly cache: Pick<AccountCache, 'find' | 'unpackFrom'>;
  readonly files: Pick<Files, 'makeDir' | 'remove'>;
  readonly lock: ModelStoreOptions['lock'];
  readonly clock: Pick<Clock, 'after'>;
  /** Where a file of this release is. */
  readonly urlOf: (file: string) => string;
  readonly log: Logger;
}

/** Archives are unpacked into the cache of native files, which verifies them at each start, and then removed. */
export function createPackStore(options: PackStoreOptions): PackStore {
  const { root, cache, files, lock, clock } = options;
  const find = (pack: Pack): string | undefined =>
    pack.sha256 === '' ? undefined : cache.find(nameOf(pack), pack.sha256);
  return {
    find,
    async pull(pack, signal, onProgress = () => {}) {
      signal.throwIfAborted();
      const found = find(pack);
      if (found !== undefined) return found;
      if (pack.sha256 === '') throw unknownPack(pack);
      await files.makeDir(root(), { mode: 0o700 });
      const lockPack = () => lock(`${root()}/.${nameOf(pack)}.lock`);
      // One at a time, in all processes: later callers find what the first one fetched.
      return await exclusively(
        { lock: lockPack, clock, signal },
        async () => find(pack) ?? (await fetchAndUnpack(pack, { ...options, signal, onProgress })),
      );
    },
  };
}

/** The pack that people ask for by this name. @throws WorkerError `cli.usage` with the names there are */
export function packNamed<T extends Pick<Pack, 'name'>>(packs: readonly T[], name: string): T {
  const found = packs.find((pack) => pack.name === name);
  if (found !== undefined) return found;
  const names = packs.map((pack) => pack.name).join(', ');
  throw new WorkerError('cli.usage', `no pack is named ${name} for this system`, {
    hint: names === '' ? 'Run the engine without a pack: there is none for this system.' : `Name one of ${names}.`,
  });
}

/** Returns the folder of the unpacked files. */
async function fetchAndUnpack(
  pack: Pack,
  fetching: PackStoreOptions & {
    readonly signal: AbortSignal;
    readonly onProgress: (progress: FileProgress) => void;
  },
): Promise<string> {
  const { root, openStore, cache, files, urlOf, log, signal, onProgress } = fetching;
  const url = urlOf(pack.file);
  const facts = { pack: pack.name, size: formatBytes(pack.sizeBytes) };
  log.info('pack.fetch-started', { ...facts, url: shownUrl(url) });
  const logTenths = onTenths((percent) => log.info('pack.fetch-advanced', { ...facts, percent }));
  await using hold = openStore(root()).hold();
  const { paths } = await hold.filesFor(
    {
      model: toModelId(nameOf(pack)),
      source: downloadSource({ url, name: pack.file, sha256: pack.sha256, diskBytes: diskBytesOf(pack) }),
      onProgress: (progress) => {
        onProgress(progress);
        if (progress.phase === 'download') logTenths(progress.doneBytes / pack.sizeBytes);
      },
    },
    signal,
  );
  const path = paths.get('model') ?? '';
  const folder = await cache.unpackFrom(nameOf(pack), { path, sha256: pack.sha256 });
  await files.remove(path);
  log.info('pack.fetched', { ...facts, folder });
  return folder;
}

const unknownPack = ({ name }: Pack): WorkerError =>
  new WorkerError('engine.unavailable', `this release has no checksum for its pack ${name}, so it is not fetched`, {
    hint: 'Use a release whose `dist-manifest.json` names the pack; a checkout takes it from `node_modules`.',
  });

const nameOf = ({ name }: Pick<Pack, 'name'>): string => `llama-${name}`;

/** The archive and its content are on the disk at the same time. */
const diskBytesOf = ({ sizeBytes, unpackedBytes }: Pack): number => sizeBytes + unpackedBytes;

/** Reports each tenth of the way once. */
function onTenths(report: (percent: number) => void): (share: number) => void {
  let reported = 0;
  return (share) => {
    const now = Math.min(10, Math.floor(share * 10));
    if (now <= reported) return;
    reported = now;
    report(now * 10);
  };
}
