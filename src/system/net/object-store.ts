import { pause } from '../../base/pause.ts';
import { codeOf } from '../../base/system-code.ts';
import type { Clock } from '../clock.ts';

/** Where a bucket is, and who asks. */
export interface BucketOptions {
  readonly bucket: string;
  /** The server's URL; the one of AWS in that region where it is not named. */
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  /** Those of the environment (`AWS_ACCESS_KEY_ID` …) where none are given. */
  readonly credentials?: BucketCredentials | undefined;
}

/** An access key. */
export interface BucketCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** One object on its way to a bucket, in parts; memory holds a few of them. */
export interface ObjectWriter {
  write(bytes: Uint8Array): Promise<void>;
  /** Resolves once the object is in the bucket, whole. */
  end(): Promise<void>;
}

/** A bucket of an S3-compatible store. Errors are the store's own, with their `code`. */
export interface Bucket {
  /** Asks the store for the bucket, so that a wrong name or key is found before it is needed. */
  check(): Promise<void>;
  start(key: string): ObjectWriter;
  /** The bytes, to be streamed; undefined when there is no such object. */
  open(key: string): Promise<ReadableStream<Uint8Array> | undefined>;
  /** Fine when it is missing. */
  remove(key: string): Promise<void>;
  /** A URL by which anybody may fetch the object for so many seconds. */
  signedUrl(key: string, seconds: number, shownAs: { readonly type: string; readonly disposition: string }): string;
}

/** Opens a bucket; connects with the first request. */
export type OpenBucket = (options: BucketOptions, clock: Pick<Clock, 'after'>) => Bucket;

/** Smallest part that S3 takes (docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html). */
const PART_BYTES = 5 * 1024 * 1024;
const PARTS_AT_ONCE = 2;
const RETRIES = 5;
/** Before a request is repeated, milliseconds: as many times as there are waits. */
const WAITS_MS = [100, 200, 400, 800, 1_600] as const;
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
export const openBucket: OpenBucket = ({ bucket, endpoint, region, credentials }, clock) => {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials ?? {};
  const client = new Bun.S3Client({
    bucket,
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(accessKeyId !== undefined && { accessKeyId }),
    ...(secretAccessKey !== undefined && { secretAccessKey }),
    ...(sessionToken !== undefined && { sessionToken }),
  });
  const patiently = <T>(attempt: () => Promise<T>): Promise<T> => untilCalm(clock, attempt);
  return {
    check: async () => void (await patiently(() => client.list({ maxKeys: 1 }))),
    start: (key) => {
      const writer = client.file(key).writer({ partSize: PART_BYTES, queueSize: PARTS_AT_ONCE, retry: RETRIES });
      return {
        write: async (bytes) => {
          await writer.write(bytes.slice()); // the caller's view is only good until this resolves
          await writer.flush();
        },
        end: async () => void (await writer.end()),
      };
    },
    open: async (key) => ((await patiently(() => client.exists(key))) ? client.file(key).stream() : undefined),
    remove: (key) => patiently(() => client.delete(key)),
    signedUrl: (key, seconds, { type, disposition }) =>
      client.presign(key, { expiresIn: seconds, type, contentDisposition: disposition }),
  };
};

/** The runtime's client repeats parts of an object by itself, and no other request. */
async function untilCalm<T>(clock: Pick<Clock, 'after'>, attempt: () => Promise<T>): Promise<T> {
  for (const waitMs of WAITS_MS) {
    try {
      return await attempt();
    } catch (thrown) {
      if (!PASSING.has(codeOf(thrown) ?? '')) throw thrown;
    }
    await pause(clock, waitMs);
  }
  return await attempt();
}
