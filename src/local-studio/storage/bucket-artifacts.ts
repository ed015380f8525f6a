import { errorChain, WorkerError } from '../../base/errors.ts';
import type { RunningSha256 } from '../../system/disk/digest.ts';
import type { Bucket } from '../../system/net/objects/object-store.ts';
import type { Random } from '../../system/random.ts';
import type { ArtifactStore } from './artifacts.ts';

/** What keeping artifacts in a bucket takes. */
export interface BucketArtifactsParts {
  readonly bucket: Bucket;
  /** As its operator named it, such as `s3://renders/studio`. */
  readonly shownUrl: string;
  /** Before every key, with a slash at its end, or empty. */
  readonly prefix: string;
  readonly random: Pick<Random, 'hex'>;
  readonly startSha256: () => RunningSha256;
  /** Whether whoever asks for an artifact may fetch it from the store itself. */
  readonly redirects: boolean;
}

/** A URL that was given away is good for so long. */
const URL_SECONDS = 300;
const NAME_BYTES = 16;

/**
 * Artifacts as objects of an S3-compatible store. An object exists once its upload has ended, so that none is ever seen
 * in part; its name is random, since its hash is not known before.
 *
 * @throws WorkerError `studio.bucket-unusable`
 */
export async function openBucketArtifacts(parts: BucketArtifactsParts): Promise<ArtifactStore> {
  const { bucket, prefix, random, startSha256, redirects } = parts;
  await bucket
    .check(`${prefix}check-${random.hex(NAME_BYTES)}`)
    .catch((thrown: unknown) => Promise.reject(unusableBucket(parts.shownUrl, thrown)));
  return {
    begin: async () => {
      const name = random.hex(NAME_BYTES);
      const object = bucket.start(prefix + name);
      const hash = startSha256();
      let sizeBytes = 0;
      let state: 'open' | 'kept' | 'discarded' = 'open';
      return {
        write: async (chunk) => {
          hash.add(chunk);
          sizeBytes += chunk.byteLength;
          await object.write(chunk);
        },
        keep: async () => {
          await object.end();
          state = 'kept';
          return { name, sizeBytes, sha256: hash.hex() };
        },
        discard: async () => {
          if (state !== 'open') return;
          state = 'discarded';
          // What was begun is ended first: an upload that is left open occupies the store, and nobody sees it there.
          await object.end().catch(() => {});
          await bucket.remove(prefix + name);
        },
      };
    },
    open: (name) => bucket.open(prefix + name),
    remove: (name) => bucket.remove(prefix + name),
    sweep: (before) => bucket.abortUploads(prefix, before),
    // One that is never written: its absence is an answer, too.
    check: async () => void (await bucket.open(`${prefix}is-there`)),
    urlOf: (name, { contentType, disposition }) =>
      redirects ? bucket.signedUrl(prefix + name, URL_SECONDS, { type: contentType, disposition }) : undefined,
  };
}

const CREDENTIALS_HINT = 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write them to ~/.aws/credentials.';
/** What stores say by their codes (docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html). */
const HINTS: Readonly<Record<string, string>> = {
  NoSuchBucket: 'Create the bucket, or check its name in `--artifacts`.',
  ERR_S3_MISSING_CREDENTIALS: CREDENTIALS_HINT,
  InvalidAccessKeyId: CREDENTIALS_HINT,
  SignatureDoesNotMatch: 'Check the secret access key, and the region in AWS_REGION.',
  RequestTimeTooSkewed: 'Set the clock of this machine, for instance by NTP: it differs from that of the store.',
  InternalError: 'Read the log of the store, which failed by itself.',
  SlowDown: 'Start the studio again in a minute: the store is busy.',
  ServiceUnavailable: 'Start the studio again in a minute: the store is busy.',
  AccessDenied: 'Let this key list the bucket, and read, write and delete objects below the prefix.',
};

/** What a failure of the store comes to. */
export function unusableBucket(shownUrl: string, cause: unknown): WorkerError {
  if (cause instanceof WorkerError) return cause;
  const code: unknown = cause instanceof Error ? Reflect.get(cause, 'code') : undefined;
  const hint = HINTS[String(code)] ?? 'Check that the store runs, and its URL in `--endpoint`.';
  const why = typeof code === 'string' ? `${errorChain(cause)} (${code})` : errorChain(cause);
  return new WorkerError('studio.bucket-unusable', `cannot use ${shownUrl}: ${why}`, { cause, hint });
}
