import { pause } from '../../../base/pause.ts';
import { codeOf } from '../../../base/system-code.ts';
import type { Clock } from '../../clock.ts';
import { openUploadsOf } from './abandoned-uploads.ts';
import type { BucketOptions } from './bucket-options.ts';

/** One object on its way to a bucket, in parts; memory holds a few of them. */
export interface ObjectWriter {
  write(bytes: Uint8Array): Promise<void>;
  /** Resolves once the object is in the bucket, whole. */
  end(): Promise<void>;
}

/** A bucket of an S3-compatible store. Errors are the store's own, with their `code`. */
export interface Bucket {
  /**
   * Asks the store for the bucket, and writes, reads and removes an object of this key: a wrong name, a wrong secret or a
   * missing right is found before it is needed.
   */
  check(key: string): Promise<void>;
  start(key: string): ObjectWriter;
  /** The bytes, to be streamed; undefined when there is no such object. */
  open(key: string): Promise<ReadableStream<Uint8Array> | undefined>;
  /** Fine when it is missing. */
  remove(key: string): Promise<void>;
  /** Aborts uploads of keys that begin so which were begun before then; how many there were. */
  abortUploads(prefix: string, before: number): Promise<number>;
  /** A URL by which anybody may fetch the object for so many seconds. */
  signedUrl(key: string, seconds: number, shownAs: { readonly type: string; readonly disposition: string }): string;
}

/** Opens a bucket; connects with the first request. */
export type OpenBucket = (options: BucketOptions, clock: Pick<Clock, 'after' | 'now'>) => Bucket;

/** Smallest part that S3 takes (docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html). */
const PART_BYTES = 5 * 1024 * 1024;
const PARTS_AT_ONCE = 2;
const RETRIES = 5;
/** Before a request is repeated, milliseconds: as many times as there are waits. */
const WAITS_MS = [100, 200, 400, 800, 1_600] as const;
/** A studio that cannot start is of no use: it waits half a minute for a store that is busy. */
const START_WAITS_MS = [...WAITS_MS, 2_000, 2_000, 4_000, 8_000, 8_000];
/**
 * What stores say when the same request may well succeed a moment later
 * (docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html); an answer without a body is an `UnknownError`.
 */
const PASSING: ReadonlySet<string> = new Set([
  'SlowDown',
  'ServiceUnavailable',
  'InternalError',
  'RequestTimeout',
  'UnknownError',
  'ConnectionClosed',
  'ECONNRESET',
]);

/** By the runtime's own client. */
export const openBucket: OpenBucket = (options, clock) => {
  const client = clientOf(options);
  const patiently = <T>(attempt: () => Promise<T>): Promise<T> => untilCalm(clock, attempt);
  const atStart = <T>(attempt: () => Promise<T>): Promise<T> => untilCalm(clock, attempt, START_WAITS_MS);
  return {
    check: async (key) => {
      await atStart(() => client.list({ maxKeys: 1 }));
      await atStart(() => client.write(key, 'written by studio-worker to see whether it may'));
      await atStart(() => client.file(key).text());
      await atStart(() => client.delete(key));
    },
    start: (key) => startObject(client, key),
    open: async (key) => ((await patiently(() => client.exists(key))) ? client.file(key).stream() : undefined),
    remove: (key) => patiently(() => client.delete(key)),
    abortUploads: async (prefix, before) => {
      const uploads = openUploadsOf(options, clock);
      const old = (await patiently(() => uploads.list(prefix))).filter(({ sinceMs }) => sinceMs < before);
      for (const upload of old) await patiently(() => uploads.abort(upload));
      return old.length;
    },
    signedUrl: (key, seconds, { type, disposition }) =>
      client.presign(key, { expiresIn: seconds, type, contentDisposition: disposition }),
  };
};

/** The runtime's client repeats parts of an object by itself, and no other request. */
async function untilCalm<T>(
  clock: Pick<Clock, 'after'>,
  attempt: () => Promise<T>,
  waitsMs: readonly number[] = WAITS_MS,
): Promise<T> {
  for (const waitMs of waitsMs) {
    try {
      return await attempt();
    } catch (thrown) {
      if (!PASSING.has(codeOf(thrown) ?? '')) throw thrown;
    }
    await pause(clock, waitMs);
  }
  return await attempt();
}

function clientOf({ bucket, endpoint, region, credentials }: BucketOptions): Bun.S3Client {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials ?? {};
  return new Bun.S3Client({
    bucket,
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(accessKeyId !== undefined && { accessKeyId }),
    ...(secretAccessKey !== undefined && { secretAccessKey }),
    ...(sessionToken !== undefined && { sessionToken }),
  });
}

function startObject(client: Bun.S3Client, key: string): ObjectWriter {
  const writer = client.file(key).writer({ partSize: PART_BYTES, queueSize: PARTS_AT_ONCE, retry: RETRIES });
  return {
    write: async (bytes) => {
      await writer.write(bytes.slice()); // the caller's view is only good until this resolves
      await writer.flush();
    },
    end: async () => void (await writer.end()),
  };
}
