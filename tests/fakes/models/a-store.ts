import { toModelId } from '../../../src/base/ids.ts';
import { KIB } from '../../../src/base/units.ts';
import type { EngineName, FileRole, ModelFile, ModelSource } from '../../../src/contract/model-source.ts';
import { createModelStore, type ModelStore } from '../../../src/models/store/store.ts';
import type { FileProgress, ModelStoreOptions } from '../../../src/models/store/options.ts';
import { DOWNLOAD_POLICY } from '../../../src/models/download/request.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { crc32, sha256, startSha256 } from '../../../src/system/disk/digest.ts';
import { followFile } from '../../../src/system/disk/file-digest.ts';
import { systemFiles } from '../../../src/system/disk/files.ts';
import { acquireLock } from '../../../src/system/disk/lock.ts';
import { openPartFile } from '../../../src/system/disk/sparse-file.ts';
import { synthetic } from '../builders.ts';
import { aRemote } from '../system/a-remote.ts';
import { tempFolder } from '../system/temp-folder.ts';
import { type DownloadHost, downloadHost, someBytes } from './download-host.ts';
import { recordingLogger, type RecordingLogger } from '../recording-logger.ts';

/** Small blocks and short waits, so that a few hundred kilobytes see what gigabytes would. */
export const SMALL = {
  ...DOWNLOAD_POLICY,
  parallelFromBytes: 64 * KIB,
  blockBytes: 4 * KIB,
  blocksPerRange: 4,
  stallMs: 2_000,
  retryMs: 1,
  minProgressBytes: 1,
};

export interface StoreScene {
  readonly store: ModelStore;
  readonly options: ModelStoreOptions;
  readonly log: RecordingLogger;
  readonly root: string;
  readonly signal: AbortSignal;
  /** Fetches one file of the model `m`, to the end. */
  fetch(file: Partial<ModelFile>, how?: FetchChoice): Promise<string>;
}

export interface FetchChoice {
  readonly model?: string;
  readonly engine?: EngineName;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: FileProgress) => void;
}

/** A store over the real disk and the real network. */
export function aStore(root: string, choice: Partial<ModelStoreOptions> = {}): StoreScene {
  const log = recordingLogger();
  const { signal } = new AbortController();
  const options: ModelStoreOptions = {
    root,
    files: systemFiles,
    openPart: openPartFile,
    crc32,
    sha256,
    startSha256,
    followFile,
    clock: systemClock,
    log,
    lock: (path) => acquireLock(path, { pid: process.pid, removes: true }),
    pid: process.pid,
    policy: SMALL,
    diskFloorBytes: () => 0,
    maxBytes: () => undefined,
    maxFileBytes: 1e9,
    remote: aRemote(),
    ...choice,
  };
  const store = createModelStore(options);
  return {
    store,
    options,
    log,
    root,
    signal,
    async fetch(file, how = {}) {
      const source = aSource([file], how.engine);
      await using hold = store.hold();
      const model = toModelId(how.model ?? 'm');
      const request = { model, source, ...(how.onProgress === undefined ? {} : { onProgress: how.onProgress }) };
      const { paths } = await hold.filesFor(request, how.signal ?? signal);
      const [path = ''] = paths.values();
      return path;
    },
  };
}

export interface DownloadScene extends StoreScene, AsyncDisposable {
  readonly host: DownloadHost;
  /** Another store on the same folder, as the next process would have it. */
  next(choice?: Partial<ModelStoreOptions>): StoreScene;
  /** What is left of a download: parts, and lists of blocks. */
  left(): Promise<readonly string[]>;
}

/** A store, and a host with one file of this size to fetch. */
export async function aDownload(sizeBytes: number, choice: Partial<ModelStoreOptions> = {}): Promise<DownloadScene> {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder());
  const host = stack.use(await downloadHost(someBytes(sizeBytes)));
  const next = (also: Partial<ModelStoreOptions> = {}): StoreScene => aStore(folder.path, { ...choice, ...also });
  return {
    ...next(),
    host,
    next,
    left: async () =>
      (await systemFiles.list(`${folder.path}/m`)).filter((name) => /\.(part|progress\.json)$/.test(name)),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

export const aFile = (file: Partial<ModelFile>): ModelFile => ({
  role: 'model' satisfies FileRole,
  url: 'https://models.example/m.bin',
  filename: 'm.bin',
  approxBytes: undefined,
  sha256: undefined,
  ...file,
});

export const aSource = (files: readonly Partial<ModelFile>[], engine: EngineName = 'onnx'): ModelSource => ({
  ...synthetic,
  engine,
  files: files.map(aFile),
});

export const hexOf = (bytes: Uint8Array): string => sha256(bytes).toHex();
