import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';
import type { BucketCredentials, BucketOptions } from '../../../src/system/net/objects/bucket-options.ts';

/** An S3-compatible server of the test's own, with one bucket. */
export interface S3Server extends AsyncDisposable {
  readonly options: BucketOptions & { readonly endpoint: string; readonly credentials: BucketCredentials };
}

/** The key that the server knows. */
const KEY = 'S3RVER';

/** On a free port of loopback, with its objects in a temporary folder. */
export async function startS3Server(): Promise<S3Server> {
  const directory = await mkdtemp(join(tmpdir(), 's3-'));
  const bucket = 'artifacts';
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name: bucket }],
  });
  const { port } = await server.run();
  const credentials = { accessKeyId: KEY, secretAccessKey: KEY };
  return {
    options: { bucket, endpoint: `http://127.0.0.1:${port}`, credentials },
    [Symbol.asyncDispose]: async () => {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
